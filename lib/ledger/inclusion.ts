import { hash } from 'node:crypto';

const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer =>
  hash('sha256', Buffer.concat([Buffer.of(1), left, right]), 'buffer');

/** A tree over leaves that are all there, for proofs that one of them is in it (RFC 6962 §2.1.1). */
export interface InclusionTree {
  readonly size: number;
  root(): Buffer;
  /** The siblings from the leaf to the root. */
  path(index: number): Buffer[];
}

/** Builds the tree of leaf hashes. Pairing neighbours level by level gives the tree of RFC 6962, a lone last one rises. */
export function createInclusionTree(leaves: readonly Buffer[]): InclusionTree {
  const levels: (readonly Buffer[])[] = [leaves];
  for (let level = leaves; level.length > 1; ) {
    const above: Buffer[] = [];
    for (let n = 0; n < level.length; n += 2) {
      const [left, right] = [level[n] as Buffer, level[n + 1]];
      above.push(right ? nodeHash(left, right) : left);
    }
    levels.push(above);
    level = above;
  }
  return {
    size: leaves.length,
    root: () => levels.at(-1)?.[0] ?? hash('sha256', '', 'buffer'),
    path(index) {
      const found: Buffer[] = [];
      for (const [height, level] of levels.entries()) {
        const sibling = level[Math.floor(index / 2 ** height) ^ 1];
        if (sibling) found.push(sibling);
      }
      return found;
    },
  };
}

/** The root that a path leads to (RFC 9162 §2.1.3.2); undefined where its length does not fit. */
export function rootOf(leaf: Buffer, index: number, size: number, path: readonly Buffer[]): Buffer | undefined {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) return undefined;
  let [at, last, root] = [index, size - 1, leaf];
  for (const sibling of path) {
    if (last === 0) return undefined;
    if (at % 2 === 1 || at === last) {
      root = nodeHash(sibling, root);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else root = nodeHash(root, sibling);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 ? root : undefined;
}
