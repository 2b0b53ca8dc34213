import { hash } from 'node:crypto';

const leafMark = Buffer.of(0);
const nodeMark = Buffer.of(1);
/** In one call: this runs for every row of the ledger. */
const sha256 = (bytes: Uint8Array | string): Buffer => hash('sha256', bytes, 'buffer');

/** The hash of an entry (RFC 6962 §2.1): SHA-256 over a zero byte and the entry, so that no entry passes for a node. */
export function leafHash(entry: string | Uint8Array): Buffer {
  return sha256(Buffer.concat([leafMark, typeof entry === 'string' ? Buffer.from(entry) : entry]));
}

function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return sha256(Buffer.concat([nodeMark, left, right]));
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
