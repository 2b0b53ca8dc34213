import { asc, gt } from 'drizzle-orm';
import { ledgerOrigin } from '#lib/audit/check-checkpoints';
import { toSeal } from '#lib/audit/seals';
import type { Context } from '#lib/context';
import { ledgerSeals } from '#lib/db/schema/ledger-seals';
import { requireReader } from '#lib/guards/require';
import { type Checkpoint, writeCheckpoint } from '#lib/ledger/checkpoint';
import { createMerkleTree } from '#lib/ledger/merkle';
import { record } from '#lib/ledger/record';
import { sealHash } from '#lib/ledger/seal-statement';
import { createSigningKeys } from '#lib/ledger/signing-keys';
import { requireStepUp } from '#lib/sign-in/step-up';

const pageSeals = 1_000;

async function readCheckpointNow(ctx: Context): Promise<Checkpoint> {
  const tree = createMerkleTree();
  let last = -1;
  for (;;) {
    const page = await ctx.database.db
      .select()
      .from(ledgerSeals)
      .where(gt(ledgerSeals.n, last))
      .orderBy(asc(ledgerSeals.n))
      .limit(pageSeals);
    for (const row of page) tree.add(sealHash(toSeal(row)));
    last = page.at(-1)?.n ?? last;
    if (page.length < pageSeals) break;
  }
  return { origin: ledgerOrigin(ctx), size: tree.size, root: tree.root().toString('base64') };
}

/**
 * A signed note of the number of seals and of the root of their tree. Its keeper can tell later whether anything up to
 * now was rewritten, even by the owner of the database with all keys.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function exportCheckpoint(ctx: Context): Promise<string> {
  requireReader(ctx);
  return writeCheckpoint(await readCheckpointNow(ctx), createSigningKeys(ctx.config));
}

/**
 * The same, with an entry that tells who took it; like every export it needs a sign-in of the last minutes.
 * @throws AppError `unauthenticated`, `forbidden`, `step_up_required`
 */
export async function recordCheckpointExport(ctx: Context): Promise<string> {
  requireReader(ctx);
  const { proof } = await requireStepUp(ctx);
  const checkpoint = await readCheckpointNow(ctx);
  await record(ctx.database.db, ctx, {
    action: 'ledger.exported',
    details: { what: 'checkpoint', size: checkpoint.size, root: checkpoint.root, step_up: proof },
  });
  return writeCheckpoint(checkpoint, createSigningKeys(ctx.config));
}
