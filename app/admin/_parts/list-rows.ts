/**
 * Rows of a page of a list: with one tab stop a row, and the frame's and the filters' beside them, a page has at most 80
 * tab stops and 200 kB. `e2e/long-lists.spec.ts` counts.
 */
export const listRows = 30;

/** Of lists with long rows, or of which each row has two tab stops, such as a box to tick and its link. */
export const heavyListRows = 18;

/** Of lists with long rows beside a form of many fields. */
export const rowsBesideForm = 12;
