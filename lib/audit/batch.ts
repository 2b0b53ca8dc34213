import { createMerkleTree, leafHash, type MerkleTree } from '#lib/ledger/merkle';
import { encodeRow, monthOf, type SealedRow } from '#lib/ledger/row-encoding';
import type { SealPart } from '#lib/ledger/seal-statement';

/** Bytes of a leaf hash that are kept to find a changed row. */
export const locatorBytes = 8;

/** The rows of a batch as they are added up: the same for who seals it and for who verifies it. */
export interface Batch {
  add(row: SealedRow): void;
  readonly rows: number;
  parts(): SealPart[];
  /** The first bytes of each row's leaf hash, month after month. */
  locators(): Buffer;
}

/** Begins a batch without rows. */
export function createBatch(): Batch {
  const months = new Map<string, { tree: MerkleTree; locators: Buffer[] }>();
  let rows = 0;
  const inOrder = () => [...months].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    add(row) {
      const name = monthOf(row.at);
      const month = months.get(name) ?? { tree: createMerkleTree(), locators: [] };
      months.set(name, month);
      const leaf = leafHash(encodeRow(row));
      month.tree.add(leaf);
      // A copy: a view would keep the whole hash.
      month.locators.push(Buffer.from(leaf.subarray(0, locatorBytes)));
      rows += 1;
    },
    get rows() {
      return rows;
    },
    parts: () =>
      inOrder().map(([month, { tree }]) => ({ month, rows: tree.size, root: tree.root().toString('base64') })),
    locators: () => Buffer.concat(inOrder().flatMap(([, month]) => month.locators)),
  };
}
