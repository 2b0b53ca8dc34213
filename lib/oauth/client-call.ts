import {
  type BasicEncoding,
  basicHeader,
  encodingsToTry,
  isBasicHeader,
  learnEncoding,
} from '#lib/oauth/basic-credentials';
import { asPrevious, countSecret, preferSecret, secretsToTry, type WhichSecret } from '#lib/oauth/client-secrets';
import { callProvider, readObject } from '#lib/oauth/provider-call';
import { codesIn, isListed } from '#lib/oauth/provider-codes';
import { replaceSecret } from '#lib/oauth/replace-secret';
import { isClientRefusal, refusesClient } from '#lib/oauth/token-error';
import type { OAuthDeps, OAuthProvider } from '#lib/oauth/types';

/** Whether the server refused the client itself. It looks at credentials first, so nothing was spent then. */
async function refusedClient(provider: OAuthProvider, response: Response): Promise<boolean> {
  if (response.ok && !provider.error_in_200) return false;
  const body = await readObject(response.clone());
  if (body === null) return false;
  const codes = codesIn(body);
  // Keycloak's word for wrong credentials. With another status servers say it of one grant, too (RFC 6749 §5.2).
  const unauthenticated = response.status === 401 && codes.some((code) => isListed(['unauthorized_client'], code));
  return unauthenticated || codes.some(isClientRefusal) || refusesClient(provider, response.status, body);
}

/** HTTP Basic was refused without a code (RFC 9110 §15.5.2), as some APIs do that are no token endpoints. */
async function refusedBasic(response: Response): Promise<boolean> {
  if (response.status !== 401) return false;
  const body = await readObject(response.clone());
  return body === null || codesIn(body).length === 0;
}

/** One way to show the client's credentials. */
interface Attempt {
  url: URL;
  init: RequestInit;
  /** Null: the request holds no secret. */
  secret: WhichSecret | null;
  /** Null: not by HTTP Basic. */
  encoding: BasicEncoding | null;
}

/** The ways to try, the likeliest first: each secret, and each encoding of it where that makes a difference. */
function attemptsOf(
  provider: OAuthProvider,
  url: URL,
  init: RequestInit & { headers: Headers },
  now: number,
): Attempt[] {
  const basic = isBasicHeader(provider, init.headers.get('authorization'));
  const secrets = secretsToTry(provider, url.host, now);
  return secrets.flatMap((secret): Attempt[] => {
    const client = secret === 'previous' ? asPrevious(provider) : provider;
    const replaced = replaceSecret(provider, client, url, init);
    if (!basic && !replaced) return secret === secrets[0] ? [{ url, init, secret: null, encoding: null }] : [];
    const shown = replaced ?? { url, init };
    if (!basic) return [{ ...shown, secret, encoding: null }];
    return encodingsToTry(client, url.host).map((encoding) => {
      const headers = new Headers(init.headers);
      headers.set('authorization', basicHeader(client, encoding));
      return { url: shown.url, init: { ...shown.init, headers }, secret, encoding };
    });
  });
}

/**
 * Calls an endpoint as this client. A refusal of the client itself is tried again in the other ways to show its
 * credentials, and the way that works is remembered for the endpoint's host:
 *
 * - servers disagree about the encoding of HTTP Basic where an id or a secret has other characters than letters, digits
 *   and `* - . _`;
 * - while a secret is rotated, a server takes the new one, the previous one, or both.
 * @throws OAuthError as `callProvider`
 */
export async function callAsClient(
  provider: OAuthProvider,
  url: string | URL,
  init: RequestInit,
  deps: OAuthDeps,
): Promise<Response> {
  const headers = new Headers(init.headers);
  for (const [name, value] of Object.entries(provider.token_headers)) headers.set(name, value.reveal());
  const target = new URL(url);
  const now = deps.now().getTime();
  const attempts = attemptsOf(provider, target, { ...init, headers }, now);
  const usual = attempts[0]?.encoding;
  let first: Response | undefined;
  for (const { url, init, secret, encoding } of attempts) {
    const response = await callProvider(provider, url, init, deps);
    if (secret === null) return response;
    const coded = await refusedClient(provider, response);
    const uncoded = !coded && provider.client_secret_previous !== null && encoding !== null;
    const refused = coded || (uncoded && (await refusedBasic(response)));
    if (!deps.probing) countSecret(provider, secret, refused);
    if (!refused) {
      if (first && provider.client_secret_previous) preferSecret(provider, target.host, secret, now);
      if (encoding !== null && encoding !== usual) learnEncoding(provider, target.host, encoding);
      return response;
    }
    first ??= response;
  }
  return first as Response;
}
