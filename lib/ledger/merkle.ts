import { createHash } from 'node:crypto';

const leafMark = Buffer.of(0);
const nodeMark = Buffer.of(1);

/** The hash of an entry (RFC 6962 §2.1): SHA-256 over a zero byte and the entry, so that no entry passes for a node. */
export function leafHash(entry: string | Uint8Array): Buffer {
  return createHash('sha256').update(leafMark).update(entry).digest();
}

function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update(nodeMark).update(left).update(right).digest();
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
      if (size === 0) return createHash('sha256').digest();
      return subtrees.reduceRight((right, left) => nodeHash(left, right));
    },
  };
}
