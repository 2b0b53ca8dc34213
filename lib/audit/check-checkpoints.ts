import { type Fault, fault } from '#lib/audit/faults';
import type { SignedSeal } from '#lib/audit/seals';
import type { Context } from '#lib/context';
import { AppError } from '#lib/errors';
import { type Checkpoint, readCheckpoint } from '#lib/ledger/checkpoint';
import { createMerkleTree } from '#lib/ledger/merkle';
import { sealHash } from '#lib/ledger/seal-statement';
import { createSigningKeys } from '#lib/ledger/signing-keys';

/** What the checkpoints of this ledger are named after. */
export function ledgerOrigin({ config }: Pick<Context, 'config'>): string {
  return `${config.appUrl.host}/ledger`;
}

const refusals = {
  malformed: 'This is not the text of a checkpoint.',
  bad_signature: 'The checkpoint was changed: its signature does not fit.',
  unknown_key: 'No key of this hub signed the checkpoint.',
} as const;

/**
 * The checkpoints of this ledger that the texts are. One that is of no use says nothing of the ledger, so it is refused
 * and no fault of it.
 * @throws AppError `invalid_request`
 */
export function readCheckpoints(ctx: Pick<Context, 'config'>, texts: readonly string[]): Checkpoint[] {
  const keys = createSigningKeys(ctx.config);
  return texts.map((text) => {
    const read = readCheckpoint(text, keys);
    if (read.state !== 'good') throw new AppError('invalid_request', { message: refusals[read.state] });
    if (read.checkpoint.origin !== ledgerOrigin(ctx)) {
      throw new AppError('invalid_request', { message: 'The checkpoint is about another ledger.' });
    }
    return read.checkpoint;
  });
}

/** Compares kept checkpoints with the seals that are there, which are added in their order. */
export function checkCheckpoints(ctx: Pick<Context, 'config'>, kept: readonly Checkpoint[]) {
  const tree = createMerkleTree();
  const sizes = new Set(kept.map(({ size }) => size));
  const roots = new Map([[0, tree.root().toString('base64')]]);
  return {
    add(seal: SignedSeal): void {
      tree.add(sealHash(seal));
      if (sizes.has(tree.size)) roots.set(tree.size, tree.root().toString('base64'));
    },
    /** The checkpoint of all seals that were added. */
    now: (): Checkpoint => ({ origin: ledgerOrigin(ctx), size: tree.size, root: tree.root().toString('base64') }),
    faults: (): Fault[] =>
      kept.flatMap(({ size, root }, index): Fault[] => {
        const checkpoint = index + 1;
        if (size > tree.size) return [fault('seals_cut_off', { checkpoint, seal: tree.size + 1 })];
        return roots.get(size) === root ? [] : [fault('checkpoint_contradicted', { checkpoint, seal: size })];
      }),
  };
}
