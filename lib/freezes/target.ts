import { and, eq, isNull } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '#lib/context';
import { apiKeys } from '#lib/db/schema/api-keys';
import { connections } from '#lib/db/schema/connections';
import { type FreezeScope, freezeScopes } from '#lib/db/schema/freezes';
import { people } from '#lib/db/schema/people';
import { AppError } from '#lib/errors';
import { personOfConnection } from '#lib/ids';

/** The object of a freeze. */
export const freezeTarget = z
  .object({ scope: z.enum(freezeScopes), target: z.string().max(64).default('') })
  .refine(({ scope, target }) => (scope === 'everything') === (target === ''), {
    path: ['target'],
    message: 'names the object to freeze, except for everything',
  });
export type FreezeTarget = z.infer<typeof freezeTarget>;
export type FreezeTargetInput = z.input<typeof freezeTarget>;

async function isThere(ctx: Context, { scope, target }: FreezeTarget): Promise<boolean> {
  const { db } = ctx.database;
  const found: Record<FreezeScope, () => Promise<unknown[]> | [true]> = {
    everything: () => [true],
    // One that was taken out of the configuration may have connections left.
    provider: () =>
      ctx.providers.get(target)
        ? [true]
        : db.select({ id: connections.id }).from(connections).where(eq(connections.provider, target)).limit(1),
    person: () =>
      db
        .select({ id: people.id })
        .from(people)
        .where(and(eq(people.id, target), isNull(people.deletedAt))),
    api_key: () => db.select({ id: apiKeys.id }).from(apiKeys).where(eq(apiKeys.id, target)),
    connection: () =>
      db
        .select({ id: connections.id })
        .from(connections)
        .where(and(eq(connections.personId, personOfConnection(target) ?? ''), eq(connections.id, target))),
  };
  return (await found[scope]()).length > 0;
}

/** Refuses a freeze over nothing: a slip of the pen would look like safety. @throws AppError `not_found` */
export async function assertThere(ctx: Context, over: FreezeTarget): Promise<void> {
  if (!(await isThere(ctx, over))) throw new AppError('not_found');
}

/** Where the ledger keeps what a freeze is over, so that it is found with the rest of its history. */
export function ledgerPlace({ scope, target }: FreezeTarget) {
  return {
    ...(scope === 'provider' ? { provider: target } : {}),
    ...(scope === 'person' ? { personId: target } : {}),
    ...(scope === 'api_key' ? { apiKeyId: target } : {}),
    ...(scope === 'connection' ? { connectionId: target, personId: personOfConnection(target) ?? null } : {}),
  };
}
