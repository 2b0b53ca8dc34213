import { createMerkleTree, leafHash, type MerkleTree } from '#lib/ledger/merkle';
import { type BatchRow, encodeRow, monthOf } from '#lib/ledger/row-encoding';
import type { SealPart } from '#lib/ledger/seal-statement';

/** Bytes of a leaf hash that are kept to find a changed row. */
export const locatorBytes = 8;

/** The beginnings of many hashes, one after another: a buffer for each would take many times their own bytes. */
class Locators {
  #bytes = Buffer.alloc(1024);
  #length = 0;

  add(leaf: Buffer): void {
    if (this.#length + locatorBytes > this.#bytes.length) {
      this.#bytes = Buffer.concat([this.#bytes], this.#bytes.length * 2);
    }
    leaf.copy(this.#bytes, this.#length, 0, locatorBytes);
    this.#length += locatorBytes;
  }

  all(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}

/** The rows of a batch as they are added up: the same for who seals it and for who verifies it. */
export interface Batch {
  add(row: BatchRow): void;
  readonly rows: number;
  parts(): SealPart[];
  /** The first bytes of each row's leaf hash, month after month. */
  locators(): Buffer;
}

/** Begins a batch without rows. */
export function createBatch(): Batch {
  const months = new Map<string, { tree: MerkleTree; locators: Locators }>();
  let rows = 0;
  const inOrder = () => [...months].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    add(row) {
      const name = monthOf(row.at);
      const month = months.get(name) ?? { tree: createMerkleTree(), locators: new Locators() };
      months.set(name, month);
      const leaf = leafHash(encodeRow(row));
      month.tree.add(leaf);
      month.locators.add(leaf);
      rows += 1;
    },
    get rows() {
      return rows;
    },
    parts: () =>
      inOrder().map(([month, { tree }]) => ({ month, rows: tree.size, root: tree.root().toString('base64') })),
    locators: () => Buffer.concat(inOrder().map(([, month]) => month.locators.all())),
  };
}
