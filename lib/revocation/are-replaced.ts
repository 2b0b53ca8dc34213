import { and, eq } from 'drizzle-orm';
import { placesOfRevocation, sealedColumns } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';
import { isAppError } from '#lib/errors';
import type { GrantTokens } from '#lib/oauth/revoke-token';
import { atKey, type RevocationKey } from '#lib/revocation/claim-revocations';

/**
 * Whether a refresh answer that came late replaced the tokens since an attempt read them. Locks where they stand, as the
 * late answer does. Where they cannot be opened, nothing says that they are others.
 */
export async function areReplaced(
  tx: Db,
  ctx: Context,
  key: RevocationKey & { provider: string },
  { accessToken, refreshToken }: GrantTokens,
): Promise<boolean> {
  const [connection] = await tx
    .select(sealedColumns)
    .from(connections)
    .where(and(eq(connections.personId, key.personId), eq(connections.id, key.connectionId)))
    .for('update');
  const { accountParams, refused, ...kept } = revocations;
  const [revocation] = await tx
    .select({ accountParams, refused, accessToken: kept.accessToken, refreshToken: kept.refreshToken })
    .from(revocations)
    .where(atKey(key))
    .for('update');
  const sealed = key.replacedGeneration === 0 ? connection : revocation;
  if (!revocation || !sealed) return false;
  try {
    const places = placesOfRevocation({ ...key, ...revocation }, connection);
    const held = {
      accessToken: sealed.accessToken && ctx.vault.open(sealed.accessToken, places.accessToken),
      refreshToken: sealed.refreshToken && ctx.vault.open(sealed.refreshToken, places.refreshToken),
    };
    return held.accessToken !== accessToken || held.refreshToken !== refreshToken;
  } catch (error) {
    if (!isAppError(error)) throw error;
    return false;
  }
}
