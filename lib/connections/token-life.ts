import type { Context } from '#lib/context';
import { introspectToken } from '#lib/oauth/introspect-token';
import type { PinnedEndpoints, TokenSet } from '#lib/oauth/types';
import type { ProviderRecord } from '#lib/providers/record';

/**
 * How long a fresh access token lives, in seconds: as the answer says, else by introspection where the record names
 * that (RFC 7662 `exp`), else the record's default; null where nothing is known. A failing probe is no failure of the
 * flow: the default serves until the token is refused.
 */
export async function tokenLife(
  ctx: Context,
  provider: ProviderRecord,
  pinned: PinnedEndpoints,
  tokens: TokenSet,
): Promise<number | null> {
  if (tokens.expires_in !== null) return tokens.expires_in;
  if (provider.expiry_probe === 'introspect') {
    try {
      const { active, exp } = await introspectToken(provider, pinned, { token: tokens.access_token }, ctx);
      if (active && exp !== null) return Math.max(0, exp - Math.floor(ctx.now().getTime() / 1000));
    } catch (error) {
      ctx.log.warn({ event: 'expiry_probe_failed', provider: provider.id, err: error });
    }
  }
  return provider.expires_default;
}
