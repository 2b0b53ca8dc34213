/** Characters that turn the direction of text (UAX #9): a name with one could read as another on pages and in files. */
const turning = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Characters that show nothing: spaces, format characters, fillers of a script, and the blank of Braille. */
const unseen = /[\p{Cf}\p{DI}\p{Z}\s\u2800]/gu;

/** Whether the reader of a text sees anything of it. */
export const showsSomething = (text: string): boolean => text.replace(unseen, '') !== '';

/**
 * A name that another party wrote, as it may be shown: one line without control characters and without characters that
 * turn text, at most 255 characters. Null where nothing is left to see.
 */
export function plainText(value: string): string | null {
  const text = value
    .replace(/\p{Cc}|[\u2028\u2029]/gu, '')
    .replace(turning, '')
    .trim();
  return showsSomething(text) ? text.slice(0, 255).toWellFormed() : null;
}

/**
 * A text that somebody here typed, as one line: beside other text, in the ledger and in files, it must not begin a line or turn
 * another. It is mended and not refused, since freezing must not wait for a better reason.
 */
export const oneLine = (value: string): string =>
  value
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(turning, '')
    .toWellFormed();

/** Text that programs write where they have no value: accounts that share it would be one. */
const noValue = /^(?:\s*|null|undefined|nan|none|nil|\[object object\])$/i;

/** Whether a text can name one account: it is compared byte by byte, so it is taken as it is or not at all. */
export const isSubject = (text: string): boolean =>
  // Half of a surrogate pair has no bytes in UTF-8: the database would write one text for each of two such accounts.
  text.isWellFormed() && !/\p{Cc}/u.test(text) && !noValue.test(text);

/** Whether a text is one line of text, and not what a program writes where it has no id of a user. */
export const isOwnId = (text: string): boolean =>
  /^[^\p{C}\p{Zl}\p{Zp}]*$/u.test(text) && !/^(?:null|undefined|NaN|\[object Object\])$/.test(text);
