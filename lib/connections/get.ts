import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { itsPersonColumns, toItsPerson } from '#lib/connections/its-person';
import { connectionColumns, itsKey, itsRevocation, itsUse, toConnectionView } from '#lib/connections/read-views';
import type { AdminConnectionView } from '#lib/connections/views';
import type { Context } from '#lib/context';
import { apiKeys } from '#lib/db/schema/api-keys';
import { connectionUses } from '#lib/db/schema/connection-uses';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { revocations } from '#lib/db/schema/revocations';
import { AppError } from '#lib/errors';
import { keyCoversPerson } from '#lib/guards/application-reach';
import { isOwn } from '#lib/guards/is-own';
import { keyCoversProvider } from '#lib/guards/require-api-key';
import { personOfConnection } from '#lib/ids';
import { parseInput } from '#lib/parse-input';

export const getConnectionInput = z.object({ id: z.string() });
export type GetConnectionInput = z.input<typeof getConnectionInput>;

/** Whether the caller may see the row. A key without the scope is told so; everybody else learns nothing. */
async function maySee(ctx: Context, personId: string, provider: string | undefined): Promise<boolean> {
  const { actor } = ctx;
  switch (actor.type) {
    case 'system':
      return true;
    case 'person':
      return actor.role !== 'user' || actor.personId === personId;
    case 'api_key':
      if (!actor.scopes.includes('connections:read')) throw new AppError('insufficient_scope');
      if (provider === undefined || !keyCoversProvider(actor, provider)) return false;
      return keyCoversPerson(ctx, actor, personId);
    case 'application_person':
      return provider !== undefined && isOwn(actor, personId, provider);
    case 'anonymous':
      throw new AppError('unauthenticated');
  }
}

/** A connection by its id, for callers that decided already who may see it; undefined where there is none. */
export async function findConnection(ctx: Context, id: string): Promise<AdminConnectionView | undefined> {
  const personId = personOfConnection(id);
  const [row] = personId
    ? await ctx.database.db
        .select({ ...connectionColumns, ...itsPersonColumns })
        .from(connections)
        .innerJoin(people, eq(people.id, connections.personId))
        .leftJoin(revocations, itsRevocation)
        .leftJoin(connectionUses, itsUse)
        .leftJoin(apiKeys, itsKey)
        .where(and(eq(connections.personId, personId), eq(connections.id, id)))
    : [];
  return row && { ...toConnectionView(ctx, row), person: toItsPerson(row) };
}

/**
 * One connection: a person's own, any for administrators and auditors, and within its reach for an API key with
 * `connections:read`.
 * @throws AppError `unauthenticated`, `insufficient_scope`, and `not_found` also for another person's connection
 */
export async function getConnection(ctx: Context, input: GetConnectionInput): Promise<AdminConnectionView> {
  const { id } = parseInput(getConnectionInput, input);
  const found = await findConnection(ctx, id);
  // Asked even where there is no row, so that a missing scope is said whether or not the connection exists.
  const allowed = await maySee(ctx, personOfConnection(id) ?? '', found?.provider.id);
  // A key's refusals are noted where it asks.
  if (found && !allowed && 'personId' in ctx.actor) ctx.refusals.add(ctx, 'not_found', found.provider.id);
  if (!allowed || !found) throw new AppError('not_found');
  return found;
}
