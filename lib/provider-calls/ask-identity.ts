import type { Context } from '#lib/context';
import { fetchIdentity } from '#lib/oauth/fetch-identity';
import type { PinnedEndpoints } from '#lib/oauth/types';
import type { ProviderRecord } from '#lib/providers/record';

/** An access token, and what of its connection the record's identity call needs beside it. */
export interface ShownToken {
  accessToken: string;
  accountParams: Record<string, string>;
  extras: Record<string, string | number | boolean>;
}

/** False where the record learns the identity from the token answer, or not at all: then no call shows an access token. */
export const hasIdentityCall = ({ identity: { source } }: ProviderRecord): boolean =>
  source !== 'token_answer' && source !== 'none';

/**
 * Shows an access token to the provider by a harmless call, that for the account's identity. Resolves where it was taken.
 * @throws OAuthError `token_rejected` where the provider clearly refuses it (401); other errors prove nothing
 */
export async function askIdentity(
  ctx: Context,
  provider: ProviderRecord,
  pinned: PinnedEndpoints,
  shown: ShownToken,
): Promise<void> {
  const tokens = {
    access_token: shown.accessToken,
    token_type: 'bearer',
    expires_in: null,
    refresh_token: null,
    refresh_token_expires_in: null,
    scopes: null,
    id_token_claims: null,
    extras: shown.extras,
  };
  const identity = { ...provider.identity, emails_endpoint: null };
  await fetchIdentity({ ...provider, identity, lookups: [] }, pinned, tokens, ctx, shown.accountParams);
}
