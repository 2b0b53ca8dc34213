import type { ClientAuth } from 'openid-client';
import { callAsClient } from '#lib/oauth/client-call';
import { renameParameters } from '#lib/oauth/rename-parameters';
import type { OAuthDeps, OAuthProvider, PinnedEndpoints } from '#lib/oauth/types';

/** A form POST of this client to one of its server's endpoints (revocation, introspection). @throws as `callProvider` */
export async function clientRequest(
  provider: OAuthProvider,
  pinned: PinnedEndpoints,
  url: string,
  parameters: Record<string, string>,
  authentication: ClientAuth | null,
  deps: OAuthDeps,
): Promise<Response> {
  const body = new URLSearchParams(parameters);
  const headers = new Headers({ accept: 'application/json' });
  await authentication?.({ issuer: pinned.issuer }, { client_id: provider.client_id }, body, headers);
  headers.set('content-type', 'application/x-www-form-urlencoded');
  const named = new URLSearchParams(renameParameters(body, provider.token_param_names));
  return callAsClient(provider, url, { method: 'POST', headers, body: named.toString() }, deps);
}
