import { type Fault, fault } from '#lib/audit/faults';
import type { SignedSeal } from '#lib/audit/seals';
import type { Context } from '#lib/context';
import { readCheckpoint } from '#lib/ledger/checkpoint';
import { createMerkleTree } from '#lib/ledger/merkle';
import { sealHash } from '#lib/ledger/seal-statement';
import type { SigningKeys } from '#lib/ledger/signing-keys';

/** What the checkpoints of this ledger are named after. */
export function ledgerOrigin({ config }: Pick<Context, 'config'>): string {
  return `${config.appUrl.host}/ledger`;
}

/** Compares kept checkpoints with the seals that are there, which are added in their order. */
export function checkCheckpoints(ctx: Pick<Context, 'config'>, texts: readonly string[], keys: SigningKeys) {
  const early: Fault[] = [];
  const wanted: { number: number; size: number; root: string }[] = [];
  for (const [index, text] of texts.entries()) {
    const checkpoint = index + 1;
    const read = readCheckpoint(text, keys);
    if (read.state === 'malformed') early.push(fault('checkpoint_unreadable', { checkpoint }));
    else if (read.state !== 'good') early.push(fault('checkpoint_not_ours', { checkpoint }));
    else if (read.checkpoint.origin !== ledgerOrigin(ctx)) {
      early.push(fault('checkpoint_of_another_ledger', { checkpoint }));
    } else wanted.push({ number: checkpoint, ...read.checkpoint });
  }
  const tree = createMerkleTree();
  const roots = new Map<number, string>();
  const sizes = new Set(wanted.map(({ size }) => size));
  if (sizes.has(0)) roots.set(0, tree.root().toString('base64'));
  return {
    add(seal: SignedSeal): void {
      tree.add(sealHash(seal));
      if (sizes.has(tree.size)) roots.set(tree.size, tree.root().toString('base64'));
    },
    faults(): Fault[] {
      const late = wanted.flatMap(({ number: checkpoint, size, root }): Fault[] => {
        if (size > tree.size) return [fault('seals_cut_off', { checkpoint, seal: tree.size + 1 })];
        return roots.get(size) === root ? [] : [fault('checkpoint_contradicted', { checkpoint, seal: size })];
      });
      return [...early, ...late];
    },
  };
}
