import { createMerkleTree, leafHash } from '#lib/ledger/merkle';
import { type BatchRow, encodeRow } from '#lib/ledger/row-encoding';
import { entryUid } from '#lib/ledger-stream/event';
import type { StatedSeal } from '#lib/ledger-stream/read-seals';
import type { ReturnedEntry, ReturnedFile } from '#lib/ledger-stream/returned-file';

/** Entries that a report names of each kind; it counts all. */
const mostNamed = 100;

/** Entries of one kind: how many, and the first of them by position and id. */
export interface Named {
  count: number;
  first: string[];
}

/** How a file and the ledger's seals differ. */
export interface Reconciliation {
  /** Nothing is missing, altered or unknown up to where the file ends, and every seal that it reaches is sound. */
  ok: boolean;
  /** The file has every entry of the seals from the first to the second; null where it has not even those of the first. */
  complete_from_seal: number;
  complete_to_seal: number | null;
  complete_until: string | null;
  /** The newest seal of the ledger: those after `complete_to_seal` are not in the file, or not whole. */
  newest_seal: number;
  lines: number;
  entries: number;
  doubled: number;
  foreign_lines: number;
  first_foreign_line: number | null;
  /** In the ledger before the file's last entry, and not in the file. */
  missing: Named;
  /** In both, with other contents in the file. */
  altered: Named;
  /** In the file, and not in the ledger. */
  unknown: Named;
  /** Seals of which the file differs, although the ledger has no rows any more that could tell the entry. */
  differing_seals: number[];
  /** Seals that are no sound witness themselves. `ledger verify` tells more. */
  broken_seals: number[];
  /** Entries of the file that have no seal yet: they were compared with the ledger alone. */
  not_sealed: number;
  /** Entries of the ledger that come after the file's last one. */
  later: number;
}

/** Where the seals and, of a seal that differs, the rows come from. */
export interface LedgerSource {
  seals(): AsyncIterable<StatedSeal>;
  rows(range: { from: number; to: number }): AsyncIterable<BatchRow>;
}

const nameFirst = (uids: ReadonlySet<string>): Named => ({ count: uids.size, first: [...uids].slice(0, mostNamed) });

/** Whether the entries are those under the seal: the roots of their months are made again from them alone. */
function fits(seal: StatedSeal, entries: readonly ReturnedEntry[]): boolean {
  const trees = new Map(seal.parts.map(({ month }) => [month, createMerkleTree()]));
  for (const { month, leaf } of entries) {
    const tree = trees.get(month);
    if (!tree) return false;
    tree.add(Buffer.from(leaf, 'base64'));
  }
  return seal.parts.every(({ month, rows, root }) => {
    const tree = trees.get(month);
    return tree?.size === rows && tree.root().toString('base64') === root;
  });
}

/**
 * Compares a file of events with the seals. Each seal is compared with the file alone, so a ledger that was changed since
 * does not hide that the file is whole; only to name an entry are the ledger's rows read.
 * @param fromSeal the first seal that the file shall have
 */
export async function reconcile(file: ReturnedFile, source: LedgerSource, fromSeal = 1): Promise<Reconciliation> {
  const missing = new Set<string>();
  const altered = new Set(file.altered);
  const unknown = new Set<string>();
  const report = { complete_to_seal: null as number | null, complete_until: null as string | null, newest_seal: 0 };
  const [differing, broken]: [number[], number[]] = [[], []];
  const end = file.entries.at(-1)?.xid ?? -1;
  let [at, later, isComplete, sealedTo] = [0, 0, true, 0];

  const compareRows = async (
    range: { from: number; to: number },
    entries: readonly ReturnedEntry[],
  ): Promise<boolean> => {
    const left = new Map<string, ReturnedEntry[]>();
    for (const entry of entries) left.set(entryUid(entry), [...(left.get(entryUid(entry)) ?? []), entry]);
    let told = false;
    let behind = 0;
    for await (const row of source.rows(range)) {
      const uid = entryUid(row);
      const found = left.get(uid);
      left.delete(uid);
      const leaf = leafHash(encodeRow(row)).toString('base64');
      if (!found && row.xid > end) behind += 1;
      else if (!found) missing.add(uid);
      else if (found.length > 1 || found[0]?.leaf !== leaf) altered.add(uid);
      else continue;
      told = true;
    }
    for (const uid of left.keys()) unknown.add(uid);
    later += behind;
    return told || left.size > 0;
  };

  for await (const seal of source.seals()) {
    report.newest_seal = seal.n;
    sealedTo = seal.to;
    const first = at;
    while ((file.entries[at]?.xid ?? Number.POSITIVE_INFINITY) < seal.to) at += 1;
    if (seal.n < fromSeal) continue;
    const entries = file.entries.slice(first, at);
    if (seal.fault !== null) broken.push(seal.n);
    const isWhole = fits(seal, entries);
    if (isWhole && seal.fault === null && isComplete) {
      report.complete_to_seal = seal.n;
      report.complete_until = seal.sealed_at;
    } else isComplete = false;
    if (isWhole) continue;
    if (entries.length === 0 && seal.from > end) later += seal.parts.reduce((sum, { rows }) => sum + rows, 0);
    else if (seal.dropped.length > 0 || !(await compareRows(seal, entries))) differing.push(seal.n);
  }
  const notSealed = file.entries.slice(at);
  if (notSealed.length > 0) await compareRows({ from: sealedTo, to: Number.MAX_SAFE_INTEGER }, notSealed);
  const faults = missing.size + altered.size + unknown.size + differing.length + broken.length;
  return {
    ok: faults === 0,
    complete_from_seal: fromSeal,
    ...report,
    lines: file.lines,
    entries: file.entries.length,
    doubled: file.doubled,
    foreign_lines: file.foreign,
    first_foreign_line: file.firstForeign,
    ...{ missing: nameFirst(missing), altered: nameFirst(altered), unknown: nameFirst(unknown) },
    ...{ differing_seals: differing.slice(0, mostNamed), broken_seals: broken.slice(0, mostNamed) },
    not_sealed: notSealed.length,
    later,
  };
}
