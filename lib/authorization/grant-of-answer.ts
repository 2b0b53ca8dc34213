import { and, eq } from 'drizzle-orm';
import type { Flow } from '#lib/authorization/flow';
import type { Grant } from '#lib/authorization/store-grant';
import { tokenLife } from '#lib/connections/token-life';
import type { Context } from '#lib/context';
import { type ClockReading, databaseTime } from '#lib/db/clock';
import { connections } from '#lib/db/schema/connections';
import { AppError } from '#lib/errors';
import type { CheckedCallback } from '#lib/oauth/check-callback';
import type { exchangeCode } from '#lib/oauth/exchange-code';
import type { fetchIdentity } from '#lib/oauth/fetch-identity';
import { missingScopes } from '#lib/oauth/scopes';
import type { ProviderRecord } from '#lib/providers/record';

/** The answer to a code, and the account that it is of. */
export interface Exchanged {
  tokens: Awaited<ReturnType<typeof exchangeCode>>;
  identity: Awaited<ReturnType<typeof fetchIdentity>>;
  checked: CheckedCallback;
  issChecked: boolean;
  /** `performance.now()` when the code was shown, from which the tokens' lives count at the latest. */
  askedAt: number;
  /** The database's clock shortly before. */
  clock: ClockReading;
}

/**
 * The granted scopes: the ones of the answer. If it is silent, the requested ones (RFC 6749 §5.1), unless the record
 * calls that unknown. An empty list says neither, since a grant of no scope is none (§3.3).
 */
function grantedScopes(provider: ProviderRecord, asked: string[], answered: string[] | null): string[] | null {
  if (answered !== null) return answered.length === 0 && asked.length > 0 ? null : answered;
  return provider.absent_scope === 'as_asked' ? asked : null;
}

/**
 * The grant of a checked answer, ready to be stored.
 * @throws AppError `not_found`, `account_mismatch` where it is of another account than the one to reconnect
 */
export async function grantOf(
  ctx: Context,
  personId: string,
  provider: ProviderRecord,
  flow: Flow,
  exchanged: Exchanged,
  answer: string,
): Promise<Grant> {
  const { tokens, identity, issChecked } = exchanged;
  if (flow.intent === 'reconnect') {
    const [row] = await ctx.database.db
      .select({ issuer: connections.issuer, subject: connections.subject, label: connections.label })
      .from(connections)
      .where(and(eq(connections.personId, personId), eq(connections.id, flow.connectionId ?? '')));
    if (!row) throw new AppError('not_found');
    // Nothing says which account it is: the person says so, by reconnecting this one.
    if (provider.identity.source === 'none') Object.assign(identity, { subject: row.subject, label: row.label });
    if (row.issuer !== identity.issuer || row.subject !== identity.subject) throw new AppError('account_mismatch');
  }
  const scopesGranted = grantedScopes(provider, flow.scopes, tokens.scopes);
  const life = await tokenLife(ctx, provider, flow.pinned, exchanged);
  const sinceAsked = (life.from - exchanged.askedAt) / 1000;
  return {
    answer,
    provider: provider.id,
    issuer: identity.issuer,
    subject: identity.subject,
    label: identity.label,
    tokens,
    lifeSeconds: life.seconds === null ? null : life.seconds + sinceAsked,
    askedAt: databaseTime(exchanged.clock, exchanged.askedAt),
    scopesRequested: flow.scopes,
    scopesGranted,
    accountParams: flow.accountParams,
    reconnects: flow.connectionId,
    extras: { ...tokens.extras, ...identity.extras },
    missing: identity.missing,
    offered: identity.offered,
    authorization: {
      pkce: flow.verifier === null ? 'none' : 'S256',
      issChecked,
      idTokenChecked: tokens.id_token_claims !== null,
      userAgent: ctx.userAgent?.slice(0, 300) ?? null,
    },
  };
}

/** The scopes that were asked for and did not come. */
export function missingIn(provider: ProviderRecord, { tokens, scopesRequested, scopesGranted }: Grant): string[] {
  const proofs = { refreshToken: tokens.refresh_token !== null, idToken: tokens.id_token_claims !== null };
  return missingScopes(provider, scopesRequested, scopesGranted, proofs);
}
