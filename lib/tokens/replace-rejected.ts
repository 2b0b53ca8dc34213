import { fingerprintOf } from '#lib/connections/fingerprint';
import { AppError, isAppError } from '#lib/errors';
import { forcedEverySeconds, noteCheck } from '#lib/refresh/forced-refresh';
import { markNeedsReconnect } from '#lib/refresh/mark-needs-reconnect';
import { refreshConnection } from '#lib/refresh/refresh';
import { type Asked, askToVend, assertVendable, openAccessToken } from '#lib/tokens/ask-to-vend';
import { isTokenRefused } from '#lib/tokens/is-token-refused';

/**
 * The provider refused a token before its time. Where it is the stored one, it is refreshed; where it cannot be, the
 * provider is asked whether it is really over. Where a newer one is stored, that is the answer.
 * @throws AppError `refreshed_lately`, or as `vendToken`
 */
export async function replaceRejected(asked: Asked, id: string, fingerprint: string): Promise<Asked> {
  const { ctx, row } = asked;
  if (row.access_token === null) return asked;
  const accessToken = openAccessToken(ctx, row, id, row.access_token);
  if (fingerprintOf(accessToken) !== fingerprint) return asked;
  if (row.refreshable) {
    try {
      await refreshConnection(ctx, { id, force: true, sparing: true, generation: row.generation });
    } catch (error) {
      if (!isAppError(error) || error.code !== 'refreshed_lately') throw error;
      const { retryAfterSeconds = forcedEverySeconds } = error;
      throw new AppError('refreshed_lately', { cause: error, retryAfterSeconds, tokenFingerprint: fingerprint });
    }
  } else {
    const provider = ctx.providers.get(row.provider);
    const { issuer, subject, extras, account_params: accountParams } = row;
    const shown = { accessToken, issuer, subject, accountParams, extras };
    if (!provider || !(await noteCheck(ctx, { personId: row.person_id, id }))) return asked;
    const refused = await isTokenRefused(ctx, provider, shown);
    if (refused) await markNeedsReconnect(ctx, { personId: row.person_id, id }, row, 'token_rejected');
  }
  // It took as long as the provider did: who may have the token now is not who might have had it then.
  const again = await askToVend(ctx, { id });
  assertVendable(again);
  return again;
}
