import type { ClientAuth } from 'openid-client';
import { callAsClient } from '#lib/oauth/client-call';
import { renameParameters } from '#lib/oauth/rename-parameters';
import type { OAuthDeps, OAuthProvider, ParameterNames, PinnedEndpoints } from '#lib/oauth/types';

/** How a request differs from those to the token endpoint. */
interface ClientRequestShape {
  format?: 'form' | 'json';
  names?: ParameterNames;
  headers?: Readonly<Record<string, string>>;
}

/**
 * A POST of this client to one of its server's endpoints (revocation, introspection), in the format of the token endpoint
 * or in the one that is given. @throws as `callProvider`
 */
export async function clientRequest(
  provider: OAuthProvider,
  pinned: PinnedEndpoints,
  url: string,
  parameters: Record<string, string> | URLSearchParams,
  authentication: ClientAuth | null,
  deps: OAuthDeps,
  {
    format = provider.token_request_format,
    names = provider.token_param_names,
    headers: further = {},
  }: ClientRequestShape = {},
): Promise<Response> {
  const body = new URLSearchParams(parameters);
  const headers = new Headers({ accept: 'application/json' });
  await authentication?.({ issuer: pinned.issuer }, { client_id: provider.client_id }, body, headers);
  const json = format === 'json';
  headers.set('content-type', json ? 'application/json' : 'application/x-www-form-urlencoded');
  for (const [name, value] of Object.entries(further)) headers.set(name, value);
  const named = renameParameters(body, names);
  const text = json ? JSON.stringify(Object.fromEntries(named)) : new URLSearchParams(named).toString();
  return callAsClient(provider, url, { method: 'POST', headers, body: text }, deps);
}
