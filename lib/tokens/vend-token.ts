import { z } from 'zod';
import { isWithin } from '#lib/api-keys/ip-rules';
import { isApiKeyFormat } from '#lib/api-keys/key-format';
import { noteKeyUse } from '#lib/api-keys/note-key-use';
import { fingerprintOf } from '#lib/connections/fingerprint';
import { lifeLeft } from '#lib/connections/token-life';
import { accessTokenPlace } from '#lib/connections/tokens-at-rest';
import { type Context, inBackground } from '#lib/context';
import { AppError, isAppError } from '#lib/errors';
import { type ApiKeyActor, keyCoversProvider, requireApiKey } from '#lib/guards/require-api-key';
import { hashSecret, personOfConnection } from '#lib/ids';
import { toLedgerRow } from '#lib/ledger/record';
import { missingScopes, noScopeRules } from '#lib/oauth/scopes';
import { parseInput } from '#lib/parse-input';
import { type CallTarget, callTarget } from '#lib/provider-calls/call-target';
import { isNotAnswering } from '#lib/provider-calls/provider-protection';
import { turnAway } from '#lib/provider-calls/provider-slots';
import { forcedEverySeconds, noteCheck } from '#lib/refresh/forced-refresh';
import { markNeedsReconnect, needsReconnect } from '#lib/refresh/mark-needs-reconnect';
import { refreshConnection } from '#lib/refresh/refresh';
import { type Moment, momentNow } from '#lib/running-time';
import { isTokenRefused } from '#lib/tokens/is-token-refused';
import { askForVend, nowhere, type VendRow } from '#lib/tokens/vend-query';

/** SHA-256 in base64, as the ledger names tokens. */
export const fingerprintText = z.string().regex(/^[A-Za-z0-9+/]{43}=$/);

export const vendTokenInput = z.object({
  id: z.string().max(64),
  /** The API key itself, where the context does not say already which key asks. */
  key: z.string().max(256).optional(),
  /** Base64 of the SHA-256 of a token that the provider refused: that very token is not wanted again. */
  rejectedTokenFingerprint: fingerprintText.optional(),
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
  missingScopes: string[];
  provider: string;
  account: { issuer: string; subject: string; label: string };
  extras: Record<string, string | number | boolean>;
}

type Caller = Context & { actor: ApiKeyActor };

interface Asked {
  ctx: Caller;
  row: VendRow;
  /** As it was asked: the row was so then, or a little later. */
  at: Moment;
}

async function ask(ctx: Context, { id, key }: { id: string; key?: string | undefined }): Promise<Asked> {
  const { actor } = ctx;
  if (key === undefined && actor.type === 'person') throw new AppError('forbidden');
  if (key !== undefined && !isApiKeyFormat(key)) throw new AppError('invalid_api_key');
  if (key === undefined && actor.type !== 'api_key') throw new AppError('invalid_api_key');
  const at = momentNow();
  const credential = key !== undefined ? { hash: hashSecret(key) } : (actor as ApiKeyActor);
  const personId = personOfConnection(id);
  // Others share the statement: nothing goes into it that only the caller vouches for.
  const row = await askForVend(ctx, credential, personId ? { personId, id } : nowhere);
  if (!row) throw new AppError('invalid_api_key');
  const asKey: ApiKeyActor = {
    type: 'api_key',
    keyId: row.key_id,
    scopes: row.key_scopes,
    providers: row.key_providers,
  };
  return { ctx: { ...ctx, actor: asKey }, row, at };
}

/** A key that is limited to other providers learns nothing of a connection, not even that it exists. */
function assertVendable({ ctx, row }: Asked): void {
  const expected = row.key_ip_ranges === null || isWithin(ctx.ip, row.key_ip_ranges);
  if (!expected && row.key_ip_rule === 'deny') throw new AppError('ip_not_allowed');
  requireApiKey(ctx, 'tokens:vend');
  if (row.id === null || !keyCoversProvider(ctx.actor, row.provider)) throw new AppError('not_found');
  if (row.status === 'revoked') throw new AppError('revoked');
  if (row.frozen) throw new AppError('frozen');
  if (row.status === 'needs_reconnect') throw needsReconnect(row.refused_with);
}

/** A provider that is sick must not be noticed by callers as long as the present token lives. */
function isPassing(error: unknown): boolean {
  return isAppError(error) && error.status === 503;
}

/** The host and account that its refresh would ask; undefined where the provider is no longer configured. */
function targetOf({ ctx, row }: Asked): CallTarget | undefined {
  const provider = ctx.providers.get(row.provider);
  const { issuer, subject, account_params: accountParams } = row;
  return provider && callTarget(provider, { issuer, subject, accountParams });
}

async function makeFresh(asked: Asked, id: string): Promise<Asked> {
  let current = asked;
  const again = async () => {
    current = await ask(asked.ctx, { id });
    assertVendable(current);
  };
  // Twice: a token of a few seconds may be over again by the time its refresh was stored and read.
  for (let attempt = 0; attempt < 2; attempt++) {
    const { due, alive, refreshable, backing_off } = current.row;
    if (!due || (alive && (backing_off || !refreshable))) break;
    const target = refreshable ? targetOf(current) : undefined;
    if (target && isNotAnswering(asked.ctx, target)) {
      if (alive) return current;
      await turnAway(asked.ctx, target);
    }
    try {
      await refreshConnection(asked.ctx, { id });
    } catch (error) {
      if (!isPassing(error)) throw error;
      await again();
      if (current.row.alive) return current;
      throw error;
    }
    await again();
  }
  if (!current.row.alive) throw new AppError('provider_unavailable', { retryAfterSeconds: 1 });
  return current;
}

function openAccessToken(ctx: Caller, row: VendRow, id: string, sealed: string): string {
  const { provider, issuer, account_params: accountParams, generation } = row;
  return ctx.vault.open(sealed, accessTokenPlace({ id, provider, issuer, accountParams, generation }));
}

/**
 * The provider refused a token before its time. Where it is the stored one, it is refreshed; where it cannot be, the
 * provider is asked whether it is really over. Where a newer one is stored, that is the answer.
 */
async function replaceRejected(asked: Asked, id: string, fingerprint: string): Promise<Asked> {
  const { ctx, row } = asked;
  if (row.access_token === null) return asked;
  const accessToken = openAccessToken(ctx, row, id, row.access_token);
  if (fingerprintOf(accessToken) !== fingerprint) return asked;
  if (row.refreshable) {
    try {
      await refreshConnection(ctx, { id, force: true, sparing: true, generation: row.generation });
    } catch (error) {
      if (!isAppError(error) || error.code !== 'refreshed_lately') throw error;
      const { retryAfterSeconds = forcedEverySeconds } = error;
      throw new AppError('refreshed_lately', { cause: error, retryAfterSeconds, tokenFingerprint: fingerprint });
    }
  } else {
    const provider = ctx.providers.get(row.provider);
    const { issuer, subject, extras, account_params: accountParams } = row;
    const shown = { accessToken, issuer, subject, accountParams, extras };
    if (!provider || !(await noteCheck(ctx, { personId: row.person_id, id }))) return asked;
    const refused = await isTokenRefused(ctx, provider, shown);
    if (refused) await markNeedsReconnect(ctx, { personId: row.person_id, id }, row, 'token_rejected');
  }
  // It took as long as the provider did: who may have the token now is not who might have had it then.
  const again = await ask(ctx, { id });
  assertVendable(again);
  return again;
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
 *   `needs_reconnect`, `refreshed_lately`, `grant_in_doubt`, `refresh_in_progress`, `provider_unavailable`, `provider_configuration`
 */
export async function vendToken(caller: Context, input: VendTokenInput): Promise<VendedToken> {
  const parsed = parseInput(vendTokenInput, input);
  let asked = await ask(caller, parsed);
  let recorded = false;
  try {
    assertVendable(asked);
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
      missingScopes: missingScopes(ctx.providers.get(row.provider) ?? noScopeRules, row.scopes_requested, granted, {
        refreshToken: row.refreshable,
        idToken: row.id_token_checked,
      }),
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
