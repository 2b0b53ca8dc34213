import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createMerkleTree, leafHash } from '#lib/ledger/merkle';

/** The leaves and roots that Certificate Transparency's own reference tests use, and so most other implementations. */
const entries = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((hex) => Buffer.from(hex, 'hex'));
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** The definition of RFC 6962 §2.1, word for word. */
function byDefinition(leaves: readonly Buffer[]): Buffer {
  const [first] = leaves;
  if (!first) return createHash('sha256').digest();
  if (leaves.length === 1) return first;
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
  const [left, right] = [byDefinition(leaves.slice(0, split)), byDefinition(leaves.slice(split))];
  return createHash('sha256').update(Buffer.of(1)).update(left).update(right).digest();
}

describe('the Merkle tree', () => {
  test.each(roots.map((root, size) => [size, root]))('of %i known entries has the known root', (size, root) => {
    const tree = createMerkleTree();
    for (const entry of entries.slice(0, Number(size))) tree.add(leafHash(entry));
    expect([tree.size, tree.root().toString('hex')]).toEqual([size, root]);
  });

  test('of any size has the root of the definition, at every step', () => {
    const tree = createMerkleTree();
    const leaves: Buffer[] = [];
    for (let n = 0; n < 130; n++) {
      leaves.push(leafHash(`entry ${n}`));
      tree.add(leaves[n] as Buffer);
      expect(tree.root().equals(byDefinition(leaves)), `${n + 1} leaves`).toBe(true);
    }
  });

  test('takes no node for an entry', () => {
    const [a, b] = [leafHash('a'), leafHash('b')];
    const whole = createMerkleTree();
    whole.add(a);
    whole.add(b);
    const forged = createMerkleTree();
    forged.add(leafHash(Buffer.concat([a, b])));
    expect(forged.root().equals(whole.root())).toBe(false);
  });
});
