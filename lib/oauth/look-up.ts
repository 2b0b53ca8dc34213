import { errors, jwtVerify } from 'jose';
import { fillEndpoint, fillHeaders } from '#lib/oauth/account-params';
import { secretsOfClient } from '#lib/oauth/basic-credentials';
import { OAuthError } from '#lib/oauth/oauth-error';
import { callProvider, exactClaims, parseJson, readObject, readText } from '#lib/oauth/provider-call';
import { keptCode, saidIn, saidInChallenge } from '#lib/oauth/provider-said';
import { serverKeys, signatures } from '#lib/oauth/server-keys';
import { showToken } from '#lib/oauth/show-token';
import { isOwnIssuer } from '#lib/oauth/tenant-issuer';
import { providerErrorOf } from '#lib/oauth/token-error';
import type { AccountParamValues, CallRule, OAuthDeps, OAuthProvider, PinnedEndpoints } from '#lib/oauth/types';

/** Codes by which servers that answer errors with status 200 refuse the token itself. */
const tokenRefusals = new Set(['invalid_auth', 'not_authed', 'token_revoked', 'token_expired', 'account_inactive']);

const invalid = (detail: string) => new OAuthError('identity_invalid', { detail });

function requestOf(
  provider: OAuthProvider,
  address: string,
  rule: Omit<CallRule, 'endpoint'>,
  token: string,
  values: AccountParamValues,
) {
  const { url, headers: shown, body } = showToken(rule, address, token);
  const headers = new Headers({ accept: 'application/json', ...fillHeaders(provider, rule.headers, values) });
  for (const [name, value] of Object.entries(shown)) headers.set(name, value);
  const init = { method: rule.method, headers };
  if (body !== undefined) return { url, init: { ...init, body } };
  if (rule.body === null) return { url, init };
  headers.set('content-type', 'application/json');
  return { url, init: { ...init, body: JSON.stringify(rule.body) } };
}

/**
 * The claims of a signed answer (OpenID Connect Core §5.3.2), by the server's published keys. `iss` and `aud` have to fit
 * where they are there.
 */
async function verified(provider: OAuthProvider, pinned: PinnedEndpoints, text: string, deps: OAuthDeps) {
  if (!pinned.jwks_uri) throw invalid('signed_without_keys');
  const keys = serverKeys(provider, pinned.jwks_uri, deps);
  const algorithms = signatures(pinned, ['RS256', 'PS256', 'ES256', 'EdDSA']);
  try {
    const { payload } = await jwtVerify(text, keys, { algorithms, currentDate: deps.now() });
    const known = payload.iss === undefined || isOwnIssuer(provider, pinned, payload.iss, { listed: true });
    if (!known) throw invalid('signed_issuer');
    const audiences = payload.aud === undefined ? [provider.client_id] : [payload.aud].flat();
    if (!audiences.includes(provider.client_id)) throw invalid('signed_audience');
    return exactClaims(text);
  } catch (error) {
    if (error instanceof errors.JOSEError) throw invalid('signature');
    throw error;
  }
}

/**
 * Shows an access token to one of the provider's addresses and reads what it says: an object, an array, or a signed JWT.
 * @param pinned given where a signed answer is to be understood
 * @throws OAuthError `token_rejected` where the token was refused, `identity_invalid`, or as `callProvider`
 */
export async function lookUp(
  provider: OAuthProvider,
  url: string,
  rule: Omit<CallRule, 'endpoint'>,
  { token, values, pinned }: { token: string; values: AccountParamValues; pinned?: PinnedEndpoints },
  deps: OAuthDeps,
): Promise<object> {
  const request = requestOf(provider, url, rule, token, values);
  const response = await callProvider(provider, request.url, request.init, deps);
  const detail = `http_${response.status}`;
  if (!response.ok) {
    const challenge = saidInChallenge(response.headers.get('www-authenticate'), [token, ...secretsOfClient(provider)]);
    const said =
      challenge.providerError === undefined
        ? saidIn(await readObject(response), [token, ...secretsOfClient(provider)])
        : challenge;
    throw new OAuthError(response.status === 401 ? 'token_rejected' : 'identity_invalid', { ...said, detail });
  }
  const text = await readText(response);
  if (pinned && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text)) return verified(provider, pinned, text, deps);
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    throw invalid(detail);
  }
  if (typeof value !== 'object' || value === null) throw invalid(detail);
  const error =
    provider.error_in_200 && !Array.isArray(value) ? providerErrorOf(value as Record<string, unknown>) : null;
  if (error !== null) {
    const refused = tokenRefusals.has(error) || provider.revoke.gone_codes.includes(error);
    const said = saidIn(value as Record<string, unknown>, [token, ...secretsOfClient(provider)]);
    const kept = keptCode(error, value as Record<string, unknown>, [token, ...secretsOfClient(provider)]);
    const options = { ...said, providerError: kept, detail: 'error_in_200' };
    throw new OAuthError(refused ? 'token_rejected' : 'identity_invalid', options);
  }
  return value;
}

/** The same at a rule's own address, with its `{parts}` filled. */
export const lookUpRule = (
  provider: OAuthProvider,
  rule: CallRule,
  shown: { token: string; values: AccountParamValues },
  deps: OAuthDeps,
): Promise<object> => lookUp(provider, fillEndpoint(provider, rule.endpoint, shown.values), rule, shown, deps);
