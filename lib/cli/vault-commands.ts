import { z } from 'zod';
import type { Context } from '#lib/context';
import { beginReseal, pauseReseal } from '#lib/vault-keys/begin-reseal';
import { learnDataKeys } from '#lib/vault-keys/data-keys';
import { listVaultKeys } from '#lib/vault-keys/list-keys';
import { resealTokens } from '#lib/vault-keys/reseal';
import { retireVaultKey } from '#lib/vault-keys/retire';
import { rotateVaultKey } from '#lib/vault-keys/rotate';
import type { KeyRootView, ResealView, VaultKeyView } from '#lib/vault-keys/views';

/** The commands about the keys that seal stored tokens. */
export const vaultCommands = [
  z.strictObject({ command: z.enum(['vault status', 'vault rotate']) }),
  z.strictObject({ command: z.literal('vault reseal'), pause: z.boolean() }),
  z.strictObject({ command: z.literal('vault retire'), id: z.string() }),
] as const;

export type VaultCommand = z.infer<(typeof vaultCommands)[number]>;

type Line = Record<string, unknown>;

/** For how long the command itself works; the background does the rest. A running process answers within 30 seconds. */
const workSeconds = 15;

const toKeyLine = (view: VaultKeyView): Line => ({
  key: view.id,
  kind: view.kind,
  state: view.state,
  rows: view.rows,
  wrapped_by: view.wrappedBy,
  first_used_at: view.firstUsedAt?.toISOString() ?? null,
  seals_from: view.sealsFrom?.toISOString() ?? null,
  retired_at: view.retiredAt?.toISOString() ?? null,
  destroyed_at: view.destroyedAt?.toISOString() ?? null,
});

const toRootLine = ({ name, state, dataKeys }: KeyRootView): Line => ({ root: name, state, data_keys: dataKeys });

const toResealLine = (view: ResealView): Line => ({
  reseal: view.id,
  state: view.state,
  key: view.key,
  seen: view.seen,
  total: view.total,
  resealed: view.resealed,
  skipped: view.skipped,
  started_at: view.startedAt.toISOString(),
  finished_at: view.finishedAt?.toISOString() ?? null,
});

/** Counts, and says of each key, of values under no known key, of each root key, and of the resealing. */
async function statusLines(ctx: Context): Promise<Line[]> {
  const { keys, roots, unknown, reseal } = await listVaultKeys(ctx, { count: true });
  const unknownRows = unknown && Object.keys(unknown).length > 0 ? [{ key: null, rows: unknown }] : [];
  return [...keys.map(toKeyLine), ...unknownRows, ...roots.map(toRootLine), ...(reseal ? [toResealLine(reseal)] : [])];
}

/** Begins, works for some seconds, and says how far it came. */
async function reseal(ctx: Context): Promise<Line[]> {
  await learnDataKeys(ctx);
  await beginReseal(ctx);
  await resealTokens(ctx, { seconds: workSeconds });
  const { reseal: view } = await listVaultKeys(ctx);
  return view ? [toResealLine(view)] : [];
}

/** Runs a command about the vault's keys and answers its lines. @throws AppError as the verbs do */
export async function runVaultCommand(ctx: Context, command: VaultCommand): Promise<Line[]> {
  switch (command.command) {
    case 'vault status':
      return statusLines(ctx);
    case 'vault rotate':
      return [{ ...(await rotateVaultKey(ctx)) }];
    case 'vault reseal':
      return command.pause ? [toResealLine(await pauseReseal(ctx))] : reseal(ctx);
    case 'vault retire':
      return [{ ...(await retireVaultKey(ctx, { id: command.id })) }];
  }
}
