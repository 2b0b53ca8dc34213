import { secretsOfClient } from '#lib/oauth/basic-credentials';
import { clientAuthentication } from '#lib/oauth/client-authentication';
import { clientRequest } from '#lib/oauth/client-request';
import { OAuthError } from '#lib/oauth/oauth-error';
import { readObject } from '#lib/oauth/provider-call';
import { saidIn } from '#lib/oauth/provider-said';
import { decisiveCode, providerErrorOf, tokenEndpointError } from '#lib/oauth/token-error';
import type { OAuthDeps, OAuthProvider, PinnedEndpoints } from '#lib/oauth/types';

/** Longer than any server's; it has to fit into a redirect. */
const longestRequestUri = 1_000;

const isRequestUri = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= longestRequestUri && /^[\x21-\x7e]+$/.test(value);

type Pushed = PinnedEndpoints & { pushed_authorization_request_endpoint: string };

/** Whether the flow's request goes to the server itself first. */
export const pushes = (pinned: PinnedEndpoints): pinned is Pushed =>
  pinned.pushed_authorization_request_endpoint !== undefined;

/**
 * Sends the parameters of an authorization request to the server itself, as this client, and answers the address for the
 * browser, which has a reference to them alone (RFC 9126). The browser then can neither read nor change them.
 * @param request the whole request, as `buildAuthorizationUrl` makes it
 * @throws OAuthError as a code exchange does: `invalid_client`, `invalid_scope`, `request_rejected`, or a transient one
 */
export async function pushAuthorization(
  provider: OAuthProvider,
  pinned: Pushed,
  request: URL,
  deps: OAuthDeps,
): Promise<URL> {
  const authentication = await clientAuthentication(provider, pinned);
  const endpoint = pinned.pushed_authorization_request_endpoint;
  // Their names are the server's already. The format is a form at every server (RFC 9126 §2.1).
  const shape = { format: 'form', names: {} } as const;
  const response = await clientRequest(
    provider,
    pinned,
    endpoint,
    new URLSearchParams(request.search),
    authentication,
    deps,
    shape,
  );
  const body = await readObject(response);
  const said = saidIn(body, secretsOfClient(provider));
  if (body && (!response.ok || providerErrorOf(body))) {
    const code = decisiveCode(provider, 'authorization_code', response.status, body);
    if (code) throw tokenEndpointError(provider, 'authorization_code', code, response.status, said);
  }
  if (!response.ok || !body || !isRequestUri(body.request_uri))
    throw new OAuthError('request_rejected', { ...said, detail: `pushed_http_${response.status}` });
  const url = new URL(pinned.authorization_endpoint);
  url.searchParams.set(provider.authorization_param_names.client_id ?? 'client_id', provider.client_id);
  url.searchParams.set('request_uri', body.request_uri);
  return url;
}
