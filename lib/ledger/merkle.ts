import { hash } from 'node:crypto';

const leafMark = Buffer.of(0);
/** In one call: this runs for every row of the ledger. */
const sha256 = (bytes: Uint8Array | string): Buffer => hash('sha256', bytes, 'buffer');

/** The hash of an entry (RFC 6962 §2.1): SHA-256 over a zero byte and the entry, so that no entry passes for a node. */
export function leafHash(entry: string | Uint8Array): Buffer {
  // A zero byte is a character of UTF-8 as well: one text costs less than two buffers.
  if (typeof entry === 'string') return sha256(`\0${entry}`);
  return sha256(Buffer.concat([leafMark, entry]));
}

/** Where a node's two children are put for their hash; each call fills it anew and is done with it at its end. */
const node = Buffer.alloc(65, 1);

function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  node.set(left, 1);
  node.set(right, 33);
  return sha256(node);
}

/** A Merkle tree that is given its leaves one after another and keeps no more of them than their logarithm. */
export interface MerkleTree {
  /** @param leaf from `leafHash` */
  add(leaf: Buffer): void;
  readonly size: number;
  /** The tree's hash as it is now (RFC 6962 §2.1); of no leaves at all, SHA-256 of nothing. */
  root(): Buffer;
}

/** Makes an empty tree. */
export function createMerkleTree(): MerkleTree {
  /** Whole subtrees from the left, each smaller than the one before: one for each bit of the size. */
  const subtrees: Buffer[] = [];
  let size = 0;
  return {
    add(leaf) {
      let hash = leaf;
      for (let bits = size; bits % 2 === 1; bits = Math.floor(bits / 2)) {
        hash = nodeHash(subtrees.pop() as Buffer, hash);
      }
      subtrees.push(hash);
      size += 1;
    },
    get size() {
      return size;
    },
    root() {
      if (size === 0) return sha256('');
      return subtrees.reduceRight((right, left) => nodeHash(left, right));
    },
  };
}
