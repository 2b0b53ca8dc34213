import { isWithin } from '#lib/api-keys/ip-rules';
import { isApiKeyFormat } from '#lib/api-keys/key-format';
import { accessTokenPlace } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import { AppError } from '#lib/errors';
import { type ApiKeyActor, keyCoversProvider, requireApiKey } from '#lib/guards/require-api-key';
import { hashSecret, personOfConnection } from '#lib/ids';
import { needsReconnect } from '#lib/refresh/mark-needs-reconnect';
import { type Moment, momentNow } from '#lib/running-time';
import { askForVend, nowhere, type VendRow } from '#lib/tokens/vend-query';

/** A context that the API key of the call acts in. */
export type Caller = Context & { actor: ApiKeyActor };

/** A vend that was asked for, with all that decides about it. */
export interface Asked {
  ctx: Caller;
  row: VendRow;
  /** As it was asked: the row was so then, or a little later. */
  at: Moment;
}

/** Asks once for all that decides about a vend. @throws AppError `forbidden`, `invalid_api_key` */
export async function askToVend(ctx: Context, { id, key }: { id: string; key?: string | undefined }): Promise<Asked> {
  const { actor } = ctx;
  if (key === undefined && actor.type === 'person') throw new AppError('forbidden');
  if (key !== undefined && !isApiKeyFormat(key)) throw new AppError('invalid_api_key');
  if (key === undefined && actor.type !== 'api_key') throw new AppError('invalid_api_key');
  const at = momentNow();
  const credential = key !== undefined ? { hash: hashSecret(key) } : (actor as ApiKeyActor);
  const personId = personOfConnection(id);
  // Others share the statement: nothing goes into it that only the caller vouches for.
  const row = await askForVend(ctx, credential, personId ? { personId, id } : nowhere);
  if (!row) throw new AppError('invalid_api_key');
  const asKey: ApiKeyActor = {
    type: 'api_key',
    keyId: row.key_id,
    scopes: row.key_scopes,
    providers: row.key_providers,
    applicationId: row.key_application_id,
  };
  return { ctx: { ...ctx, actor: asKey }, row, at };
}

/**
 * A key that is limited to other providers, or to the people of an application, learns nothing of other connections, not
 * even that they exist.
 * @throws AppError `ip_not_allowed`, `insufficient_scope`, `not_found`, `revoked`, `frozen`, `needs_reconnect`
 */
export function assertVendable({ ctx, row }: Asked): void {
  const expected = row.key_ip_ranges === null || isWithin(ctx.ip, row.key_ip_ranges);
  if (!expected && row.key_ip_rule === 'deny') throw new AppError('ip_not_allowed');
  requireApiKey(ctx, 'tokens:vend');
  if (row.id === null || row.key_elsewhere || !keyCoversProvider(ctx.actor, row.provider))
    throw new AppError('not_found');
  if (row.status === 'revoked') throw new AppError('revoked');
  if (row.frozen) throw new AppError('frozen');
  if (row.status === 'needs_reconnect') throw needsReconnect(row.refused_with);
}

/** The access token of the row, in the clear. */
export function openAccessToken(ctx: Caller, row: VendRow, id: string, sealed: string): string {
  const { provider, issuer, account_params: accountParams, generation } = row;
  return ctx.vault.open(sealed, accessTokenPlace({ id, provider, issuer, accountParams, generation }));
}
