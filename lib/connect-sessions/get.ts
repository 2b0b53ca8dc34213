import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { requireApplicationKey } from '#lib/connect-sessions/require-application-key';
import type { ConnectSessionView } from '#lib/connect-sessions/views';
import type { Context } from '#lib/context';
import { connectSessions } from '#lib/db/schema/connect-sessions';
import { AppError } from '#lib/errors';
import { type ApiKeyActor, keyCoversProvider } from '#lib/guards/require-api-key';
import { parseInput } from '#lib/parse-input';
import { openHeld } from '#lib/revocation/held-grant';

export const connectSessionInput = z.object({ id: z.string().max(64) });
export type ConnectSessionInput = z.input<typeof connectSessionInput>;

/**
 * By the provider that answered; before one did, by any of its providers. A page of connections may have none: it shows
 * those of an application that connects no more.
 */
const keyCovers = (key: ApiKeyActor, { provider, providers, manage }: typeof connectSessions.$inferSelect): boolean =>
  (manage && provider === null && providers.length === 0) ||
  (provider === null ? providers : [provider]).some((id) => keyCoversProvider(key, id));

/**
 * A session of the key's own application, with all of its row.
 * @throws AppError `insufficient_scope`, and `not_found` also for one of another application, or of a provider that the key
 *   may not see
 */
export async function ownConnectSession(ctx: Context, input: ConnectSessionInput) {
  const key = requireApplicationKey(ctx);
  const { id } = parseInput(connectSessionInput, input);
  const [row] = await ctx.database.db
    .select()
    .from(connectSessions)
    .where(and(eq(connectSessions.id, id), eq(connectSessions.applicationId, key.applicationId)));
  if (!row || !keyCovers(key, row)) throw new AppError('not_found');
  return row;
}

/**
 * The account of the held grant, and nothing more of it: no caller gets a token before the session is completed. Null where the
 * row names another person than the one that granted, as completing refuses it.
 */
function accountOf(ctx: Context, id: string, held: string, personId: string): ConnectSessionView['account'] {
  const { grant, ending } = openHeld<{ issuer: string; subject: string; label: string | null }>(ctx, id, held);
  if (ending.some((one) => one.personId !== personId)) return null;
  const { issuer, subject, label } = grant;
  return { issuer, subject, label: label ?? subject };
}

/** A session of the key's own application. @throws AppError as `ownConnectSession` */
export async function getConnectSession(ctx: Context, input: ConnectSessionInput): Promise<ConnectSessionView> {
  const row = await ownConnectSession(ctx, input);
  return {
    id: row.id,
    personId: row.personId,
    status: row.status,
    error: row.error,
    provider: row.provider,
    account: row.heldGrant === null ? null : accountOf(ctx, row.id, row.heldGrant, row.personId),
    connectionId: row.madeConnectionId,
    createdAt: row.createdAt,
    expiresAt: row.expiresAt,
  };
}
