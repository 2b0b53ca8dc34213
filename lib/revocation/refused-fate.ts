import { and, eq, ne, or, type SQL, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import type { RefusedGrant } from '#lib/db/schema/revocations';
import type { RevokeRule } from '#lib/oauth/types';
import type { ProviderRecord } from '#lib/providers/record';

/** `hold`: keep the tokens for an administrator's decision. `drop`: leave the grant alone and keep nothing. */
export type Fate = 'revoke' | 'hold' | 'drop';

/**
 * Decides on a refused grant. Tokens of sign-ins have identity scopes only; where revoking them ends more than
 * themselves, it would end the person's connections.
 * @param others true where a live connection may end with it
 */
export function decideRefused(
  { intent, ended = false }: Pick<RefusedGrant, 'intent' | 'ended'>,
  radius: RevokeRule['blast_radius'],
  others: boolean,
): Fate {
  // A refreshed token is of its connection's own grant: while that lives by it, its radius includes the connection.
  if (radius === 'token' && (intent !== 'refresh' || ended)) return 'revoke';
  if (intent === 'sign_in' || intent === 'step_up') return 'drop';
  return others ? 'hold' : 'revoke';
}

/**
 * Live connections that may be to the account of a refused grant. A server that names no account leaves the subject
 * unknown, as a refusal before the identity was read does: then any account counts. Before a tenant is known, any tenant.
 */
export function mayBeSameAccount(
  provider: ProviderRecord | undefined,
  { issuer, subject }: Pick<RefusedGrant, 'issuer' | 'subject'>,
): SQL | undefined {
  const known = subject !== null && provider?.identity.source !== 'none';
  const rule = provider?.tenant_issuer;
  const [before = '', after = ''] = rule?.template.split(/\{[^}]*\}/) ?? [];
  const anyTenant =
    rule && (!known || issuer === provider.issuer)
      ? sql`starts_with(${connections.issuer}, ${before}) and right(${connections.issuer}, ${after.length}) = ${after}`
      : undefined;
  return and(
    or(eq(connections.issuer, issuer), anyTenant),
    known ? eq(connections.subject, subject) : undefined,
    ne(connections.status, 'revoked'),
  );
}

/** Decides by what the database says now of live connections: to the same account, or to any where that is unknown. */
export async function fateOfRefused(db: Db, ctx: Context, id: string, refused: RefusedGrant): Promise<Fate> {
  if (refused.evenOthers) return 'revoke';
  const provider = ctx.providers.get(id);
  const [live] = await db
    .select({ id: connections.id })
    .from(connections)
    .where(mayBeSameAccount(provider, refused))
    .limit(1);
  const radius = provider?.revoke.blast_radius ?? 'account';
  return decideRefused(refused, radius, live !== undefined);
}
