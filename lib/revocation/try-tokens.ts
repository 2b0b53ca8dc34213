import { fingerprintOf } from '#lib/connections/fingerprint';
import type { Context } from '#lib/context';
import { introspectToken } from '#lib/oauth/introspect-token';
import type { GrantTokens } from '#lib/oauth/revoke-token';
import { isOAuthError, type PinnedEndpoints } from '#lib/oauth/types';
import { askIdentity, hasIdentityCall, type ShownToken } from '#lib/provider-calls/ask-identity';
import type { ProviderRecord } from '#lib/providers/record';

/** What a provider said of one token, and by which harmless call. */
export interface TriedToken {
  token: 'access_token' | 'refresh_token';
  fingerprint: string;
  by: 'userinfo' | 'introspection' | null;
  answer: 'accepted' | 'refused' | 'unknown';
}

/** The facts of the connection that the calls need beside its tokens. */
export type TryWith = Omit<ShownToken, 'accessToken'>;

const notTried = { by: null, answer: 'unknown' } as const;

type Answer = Pick<TriedToken, 'by' | 'answer'>;

/** A call that fails tells nothing of the token; why is in the log. */
async function told(ctx: Context, provider: string, ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (!isOAuthError(error)) throw error;
    ctx.log.debug({ event: 'token_check_failed', provider, error_code: error.code });
    return notTried;
  }
}

async function introspect(
  ctx: Context,
  provider: ProviderRecord,
  pinned: PinnedEndpoints,
  kind: TriedToken['token'],
  token: string,
): Promise<Answer> {
  if (!pinned.introspection_endpoint) return notTried;
  return told(ctx, provider.id, async () => {
    const { active } = await introspectToken(provider, pinned, { token, kind }, ctx);
    return { by: 'introspection', answer: active ? 'accepted' : 'refused' };
  });
}

async function show(
  ctx: Context,
  provider: ProviderRecord,
  pinned: PinnedEndpoints,
  shown: ShownToken,
): Promise<Answer> {
  // Introspection answers for the token itself: a proof needs no subject in it.
  if (!hasIdentityCall(provider) || provider.identity.source === 'introspection') return notTried;
  return told(ctx, provider.id, async () => {
    try {
      await askIdentity(ctx, provider, pinned, shown);
      return { by: 'userinfo', answer: 'accepted' };
    } catch (error) {
      if (isOAuthError(error) && error.code === 'token_rejected') return { by: 'userinfo', answer: 'refused' };
      throw error;
    }
  });
}

/**
 * Tries tokens at their provider by calls that change nothing, as far as the record knows any: an access token at the
 * identity's endpoint, else by introspection (RFC 7662); a refresh token by introspection only, since spending it would
 * be no harmless call.
 */
export function tryTokens(
  ctx: Context,
  provider: ProviderRecord,
  pinned: PinnedEndpoints,
  { accessToken, refreshToken }: GrantTokens,
  about: TryWith,
): Promise<TriedToken[]> {
  const tries: Promise<TriedToken>[] = [];
  if (accessToken !== null) {
    const ask = async (): Promise<TriedToken> => {
      const first = await show(ctx, provider, pinned, { accessToken, ...about });
      const answer = first.by ? first : await introspect(ctx, provider, pinned, 'access_token', accessToken);
      return { token: 'access_token', fingerprint: fingerprintOf(accessToken), ...answer };
    };
    tries.push(ask());
  }
  if (refreshToken !== null) {
    const asked = introspect(ctx, provider, pinned, 'refresh_token', refreshToken);
    const fingerprint = fingerprintOf(refreshToken);
    tries.push(asked.then((answer) => ({ token: 'refresh_token', fingerprint, ...answer })));
  }
  return Promise.all(tries);
}
