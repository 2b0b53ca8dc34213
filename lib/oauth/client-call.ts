import { learnEncoding, otherBasic } from '#lib/oauth/basic-credentials';
import { callProvider, readObject } from '#lib/oauth/provider-call';
import { codesIn } from '#lib/oauth/provider-codes';
import { isClientRefusal, refusesClient } from '#lib/oauth/token-error';
import type { OAuthDeps, OAuthProvider } from '#lib/oauth/types';

/** Whether the server refused the client itself. It looks at credentials first, so nothing was spent then. */
async function refusedClient(provider: OAuthProvider, response: Response): Promise<boolean> {
  if (response.ok) return false;
  const body = await readObject(response.clone());
  return body !== null && (codesIn(body).some(isClientRefusal) || refusesClient(provider, response.status, body));
}

/**
 * Calls an endpoint as this client. Servers disagree about the encoding of HTTP Basic where an id or a secret has other
 * characters than letters, digits and `* - . _`: a refusal of the client is tried once more in the other encoding, and
 * the one that works is remembered.
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
  const first = await callProvider(provider, url, { ...init, headers }, deps);
  const other = otherBasic(provider, headers.get('authorization'));
  if (!other || !(await refusedClient(provider, first))) return first;
  headers.set('authorization', other.header);
  const second = await callProvider(provider, url, { ...init, headers }, deps);
  if (await refusedClient(provider, second)) return first;
  learnEncoding(provider, other.encoding);
  return second;
}
