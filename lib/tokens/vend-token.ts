import { z } from 'zod';
import { isWithin } from '#lib/api-keys/ip-rules';
import { noteKeyUse } from '#lib/api-keys/note-key-use';
import { fingerprintOf } from '#lib/connections/fingerprint';
import { lifeLeft } from '#lib/connections/token-life';
import { type Context, inBackground } from '#lib/context';
import { AppError, isAppError } from '#lib/errors';
import { toLedgerRow } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { type Asked, askToVend, assertVendable, openAccessToken } from '#lib/tokens/ask-to-vend';
import { makeFresh } from '#lib/tokens/make-fresh';
import { replaceRejected } from '#lib/tokens/replace-rejected';
import { assertStatable, purposeText, scopesMissing, statedDetails, statedScopesList } from '#lib/tokens/stated-use';

/** SHA-256 in base64, as the ledger names tokens. */
export const fingerprintText = z.string().regex(/^[A-Za-z0-9+/]{43}=$/);

export const vendTokenInput = z.object({
  id: z.string().max(64),
  /** The API key itself, where the context does not say already which key asks. */
  key: z.string().max(256).optional(),
  /** Base64 of the SHA-256 of a token that the provider refused: that very token is not wanted again. */
  rejectedTokenFingerprint: fingerprintText.optional(),
  purpose: purposeText.optional(),
  scopes: statedScopesList.optional(),
});
export type VendTokenInput = z.input<typeof vendTokenInput>;

/** A live access token for a service, with what it needs to use it. */
export interface VendedToken {
  accessToken: string;
  tokenType: string;
  /** Null: nothing is known of its end. */
  expiresAt: Date | null;
  /** Whole seconds by the database's clock. */
  expiresIn: number | null;
  /** Null: the provider does not say what it granted. */
  scopes: string[] | null;
  /** Scopes that the connection asked for, or the call states, and the provider did not grant. */
  missingScopes: string[];
  provider: string;
  account: { issuer: string; subject: string; label: string };
  extras: Record<string, string | number | boolean>;
}

/**
 * Seconds that are left of the token: the seconds that the database saw, less the time that passed since. Null: nothing
 * is known.
 * @throws AppError `provider_unavailable` where none is left
 */
function secondsLeft({ row, at }: Asked): number | null {
  const left = lifeLeft(row.expires_in, at);
  if (left === 0) throw new AppError('provider_unavailable', { retryAfterSeconds: 1 });
  return left === null ? null : Math.floor(left);
}

/**
 * Hands an API key a live access token, refreshing it first where it is about to end. One round trip asks for
 * everything that decides; the answer is given only after its ledger entry was committed. A refusal is recorded with
 * its code.
 * @throws AppError `invalid_api_key`, `insufficient_scope`, `ip_not_allowed`, `not_found`, `revoked`, `frozen`,
 *   `unknown_scope`, `needs_reconnect`, `refreshed_lately`, `grant_in_doubt`, `refresh_in_progress`, `provider_unavailable`, `provider_configuration`
 */
export async function vendToken(caller: Context, input: VendTokenInput): Promise<VendedToken> {
  const parsed = parseInput(vendTokenInput, input);
  let asked = await askToVend(caller, parsed);
  let recorded = false;
  try {
    assertVendable(asked);
    assertStatable(asked.ctx, asked.row, parsed);
    asked = await makeFresh(asked, parsed.id);
    if (parsed.rejectedTokenFingerprint)
      asked = await replaceRejected(asked, parsed.id, parsed.rejectedTokenFingerprint);
    const { ctx, row } = asked;
    if (row.access_token === null) throw new AppError('needs_reconnect');
    secondsLeft(asked);
    const accessToken = openAccessToken(ctx, row, parsed.id, row.access_token);
    const granted = row.scopes_granted;
    const entry = toLedgerRow(ctx, {
      action: 'token.vended',
      personId: row.person_id,
      connectionId: parsed.id,
      provider: row.provider,
      details: {
        scopes: granted,
        fingerprint: fingerprintOf(accessToken),
        ...(row.key_ip_ranges && !isWithin(ctx.ip, row.key_ip_ranges) ? { unexpected_ip: true } : {}),
        ...statedDetails(parsed),
      },
    });
    await ctx.vends.add(entry);
    recorded = true;
    if (!row.used_lately) {
      const use = { personId: row.person_id, id: parsed.id, keyId: row.key_id };
      inBackground(ctx, 'connection_last_used', ctx.uses.add(use));
    }
    if (row.key_stale) noteKeyUse(ctx, row.key_id);
    return {
      accessToken,
      tokenType: row.token_type,
      expiresAt: row.expires_at,
      // Asked again: the token may have ended while its entry was being committed. That entry stands, and stands alone.
      expiresIn: secondsLeft(asked),
      scopes: granted,
      missingScopes: scopesMissing(ctx, row, parsed),
      provider: row.provider,
      account: { issuer: row.issuer, subject: row.subject, label: row.label ?? row.subject },
      extras: row.extras,
    };
  } catch (error) {
    if (!recorded) await recordDenied(asked, error);
    throw error;
  }
}

async function recordDenied({ ctx, row }: Asked, error: unknown): Promise<void> {
  if (!isAppError(error)) return;
  const entry = toLedgerRow(ctx, {
    action: 'token.denied',
    outcome: error.status >= 500 ? 'failed' : 'refused',
    code: error.code,
    personId: row.id === null ? null : row.person_id,
    connectionId: row.id,
    provider: row.id === null ? null : row.provider,
    details: error.providerError === undefined ? {} : { provider_error: error.providerError },
  });
  // Refusals share commits with vends: retries must not cost more than the calls of served callers.
  await ctx.vends.add(entry);
}
