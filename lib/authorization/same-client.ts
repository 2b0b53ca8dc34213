import type { Flow } from '#lib/authorization/flow';
import { AppError } from '#lib/errors';
import { fillEndpoint } from '#lib/oauth/account-params';
import { isOAuthError } from '#lib/oauth/types';
import type { ProviderRecord } from '#lib/providers/record';

/** An address of the record of today, with the parts of the flow's account; undefined where it needs others. */
function addressNow(provider: ProviderRecord, template: string, parts: Flow['accountParams']): string | undefined {
  try {
    return fillEndpoint(provider, template, parts);
  } catch (error) {
    if (!isOAuthError(error)) throw error;
    return undefined;
  }
}

/**
 * A flow that began before its record was made anew: the code belongs to the client and server of then, and the secret of
 * today must not go there.
 * @throws AppError `flow_expired`
 */
export function assertSameClient(provider: ProviderRecord, { clientId, pinned, accountParams }: Flow): void {
  const { client_id, issuer, token_endpoint, redirect_parts } = provider;
  // Where the redirect names the server, the endpoints are looked up anew after it.
  const isPinned = redirect_parts.length === 0;
  const moved = (isPinned || !issuer.includes('{')) && addressNow(provider, issuer, accountParams) !== pinned.issuer;
  const elsewhere =
    isPinned &&
    token_endpoint !== null &&
    addressNow(provider, token_endpoint, accountParams) !== pinned.token_endpoint;
  if (moved || elsewhere || (clientId !== undefined && clientId !== client_id)) throw new AppError('flow_expired');
}
