import { AppError } from '#lib/errors';
import type { EvidenceStep } from '#lib/evidence/progress';

/** Rows of one bundle, of all sections together: some hundred megabytes of memory while it is made. */
export const mostRows = 100_000;
/** Rows of one statement. */
export const pageRows = 2_000;

/** Counts the rows of a bundle while they are read, and tells how far it is. */
export interface Budget {
  /** @throws AppError `evidence_too_large` over the limit */
  take(section: EvidenceStep, rows: number): void;
}

/** @param tell is given each section's rows so far */
export function createBudget(tell: (section: EvidenceStep, rows: number) => void, most = mostRows): Budget {
  const taken = new Map<EvidenceStep, number>();
  let all = 0;
  return {
    take(section, rows) {
      all += rows;
      const now = (taken.get(section) ?? 0) + rows;
      taken.set(section, now);
      tell(section, now);
      if (all > most) throw new AppError('evidence_too_large');
    },
  };
}

/**
 * Every row of a section, page by page.
 * @param read answers the page after a row; a page that is not full is the last
 * @throws AppError `evidence_too_large`
 */
export async function readAll<Row>(
  budget: Budget,
  section: EvidenceStep,
  read: (after: Row | undefined, limit: number) => Promise<Row[]>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (;;) {
    const page = await read(rows.at(-1), pageRows);
    budget.take(section, page.length);
    rows.push(...page);
    if (page.length < pageRows) return rows;
  }
}
