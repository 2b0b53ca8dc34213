import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { type Context, inBackground } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { AppError } from '#lib/errors';
import { keyCoversPerson } from '#lib/guards/application-reach';
import { isOwn } from '#lib/guards/is-own';
import { keyCoversProvider } from '#lib/guards/require-api-key';
import { personOfConnection } from '#lib/ids';
import { reasonText } from '#lib/ledger/reason';
import { parseInput } from '#lib/parse-input';
import { markRevoked } from '#lib/revocation/mark-revoked';
import { workOneRevocation } from '#lib/revocation/work-one-revocation';
import { transactAs } from '#lib/sign-in/transact-as';

export const revokeConnectionInput = z.object({ id: z.string(), reason: reasonText.optional() });
export type RevokeConnectionInput = z.input<typeof revokeConnectionInput>;

/**
 * The connections that the caller may revoke: a person their own, also on their application's page, an administrator or this process every one, a key the
 * ones of its providers and of the people of its application.
 */
async function mayRevoke(ctx: Context, personId: string | undefined, provider: string | undefined): Promise<boolean> {
  const { actor } = ctx;
  switch (actor.type) {
    case 'system':
      return true;
    case 'person':
      return actor.role === 'administrator' || actor.personId === personId;
    case 'api_key':
      if (!actor.scopes.includes('connections:revoke')) throw new AppError('insufficient_scope');
      if (personId === undefined || provider === undefined || !keyCoversProvider(actor, provider)) return false;
      return keyCoversPerson(ctx, actor, personId);
    case 'application_person':
      return provider !== undefined && isOwn(actor, personId, provider);
    case 'anonymous':
      throw new AppError('unauthenticated');
  }
}

/** Of a person who came by their application's page: which one, for the ledger. */
const throughApplication = ({ actor }: Context): Record<string, string> =>
  actor.type === 'application_person'
    ? { application: actor.applicationId, connect_session: actor.connectSession }
    : {};

/**
 * Ends a connection: here at once and for good, at the provider as soon as it answers. Revoking a revoked one changes
 * nothing. The sealed tokens stay until the provider's part is over, since it needs them.
 * @throws AppError `not_found`, also for another person's connection; `insufficient_scope`; `unauthenticated`
 */
export async function revokeConnection(
  ctx: Context,
  input: RevokeConnectionInput,
): Promise<{ id: string; changed: boolean }> {
  const { db } = ctx.database;
  const { id, reason } = parseInput(revokeConnectionInput, input);
  const personId = personOfConnection(id);
  const where = and(eq(connections.personId, personId ?? ''), eq(connections.id, id));
  const [row] = personId ? await db.select({ provider: connections.provider }).from(connections).where(where) : [];
  // Asked even where there is no row, so that a missing scope is said whether or not the connection exists.
  const allowed = await mayRevoke(ctx, personId, row?.provider);
  if (!personId || !row || !allowed) throw new AppError('not_found');

  const details = { ...(reason ? { reason } : {}), ...throughApplication(ctx) };
  const [key] = await transactAs(ctx, (tx) => markRevoked(tx, ctx, [{ personId, id }], details));
  if (key) inBackground(ctx, 'revoke at the provider', workOneRevocation(ctx, key));
  return { id, changed: key !== undefined };
}
