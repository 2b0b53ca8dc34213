import { createBatch, locatorBytes } from '#lib/audit/batch';
import { type Fault, fault, placeOf } from '#lib/audit/faults';
import type { SignedSeal } from '#lib/audit/seals';
import { type BatchRow, monthOf } from '#lib/ledger/row-encoding';

interface Month {
  /** Only where and which: the whole rows of a large batch would fill the memory. */
  rows: Pick<BatchRow, 'at' | 'id'>[];
  batch: ReturnType<typeof createBatch>;
}

/** The rows of a seal as they are found now, to be compared with what it says. */
export interface BatchCheck {
  add(row: BatchRow): void;
  readonly rows: number;
  /**
   * The first fault of each month.
   * @param locators the locators that were kept when it was sealed
   * @param isDropped whether the rows of a month were removed on purpose, by a later seal's word
   */
  faults(locators: Uint8Array | undefined, isDropped: (month: string) => boolean): Fault[];
}

/** Begins the check of a seal's rows. */
export function checkBatch(seal: SignedSeal): BatchCheck {
  const months = new Map<string, Month>();
  let count = 0;
  return {
    add(row) {
      const name = monthOf(row.at);
      const month = months.get(name) ?? { rows: [], batch: createBatch() };
      months.set(name, month);
      month.rows.push({ at: row.at, id: row.id });
      month.batch.add(row);
      count += 1;
    },
    get rows() {
      return count;
    },
    faults(locators, isDropped) {
      const found: Fault[] = [];
      let before = 0;
      for (const part of seal.parts) {
        const kept = locators?.subarray(before * locatorBytes, (before + part.rows) * locatorBytes);
        before += part.rows;
        const now = months.get(part.month);
        if (!now && isDropped(part.month)) continue;
        if (now?.batch.parts()[0]?.root === part.root && now.rows.length === part.rows) continue;
        found.push(locate(seal, part, now, kept));
      }
      for (const [month, { rows }] of months) {
        const known = seal.parts.some((part) => part.month === month);
        if (!known) found.push(fault('row_inserted', { seal: seal.n, month, row: placeOf(rows[0]) }));
      }
      // A row that was moved to another month is missing in one and new in the other: the one that is there tells more.
      return found.sort((a, b) => Number(a.row === null) - Number(b.row === null));
    },
  };
}

function locate(
  seal: SignedSeal,
  part: SignedSeal['parts'][number],
  now: Month | undefined,
  kept: Uint8Array | undefined,
): Fault {
  const { month } = part;
  const rows = now?.rows ?? [];
  const place = { seal: seal.n, month };
  const more = rows.length - part.rows;
  if (!kept || kept.length !== part.rows * locatorBytes) {
    const kind = more < 0 ? 'row_deleted' : more > 0 ? 'row_inserted' : 'rows_differ';
    return fault(kind, place);
  }
  const found = now?.batch.locators() ?? Buffer.alloc(0);
  const sealed = Buffer.from(kept);
  const at = (all: Buffer, n: number) => all.subarray(n * locatorBytes, (n + 1) * locatorBytes);
  let n = 0;
  while (n < Math.min(rows.length, part.rows) && at(found, n).equals(at(sealed, n))) n += 1;
  // The roots differ and the locators do not: somebody changed these, too.
  if (n === rows.length && n === part.rows) return fault('rows_differ', place);
  const kind = more < 0 ? 'row_deleted' : more > 0 ? 'row_inserted' : 'row_changed';
  return fault(kind, { ...place, row: placeOf(rows[n]) });
}
