import { assertWithinRate, countCall, type RateState, rateOf } from '#lib/api/rate-limit';
import type { Context } from '#lib/context';
import { AppError, isAppError } from '#lib/errors';
import { hashSecret } from '#lib/ids';

/** A call before its key is checked, and the state of the key's rate after. */
export interface Call {
  ctx: Context;
  /** The header field as it came. */
  authorization: string | undefined;
  rate?: RateState | undefined;
}

/** The key in `Authorization: Bearer` (RFC 6750 §2.1). @throws AppError `invalid_api_key` where there is none */
function bearerKey({ authorization = '' }: Call): string {
  const [, key] = /^Bearer +([A-Za-z0-9_-]{1,256})$/i.exec(authorization) ?? [];
  if (!key) throw new AppError('invalid_api_key', { noToken: !/^Bearer +\S/i.test(authorization) });
  return key;
}

/** Refused before the key was looked up: its owner, and whether it is a key at all, is not known then. */
const beforeTheKey: ReadonlySet<string | null> = new Set(['invalid_request', 'body_too_large']);

/**
 * Runs work that needs a key. A caller with wrong keys is anonymous: counted by network, so that a flood fills no disk.
 */
export async function withKey<T>(call: Call, work: (key: string) => Promise<T>): Promise<T> {
  const { ctx } = call;
  const { config } = ctx;
  let keyHash: string | undefined;
  try {
    const key = bearerKey(call);
    keyHash = hashSecret(key);
    await assertWithinRate(config, keyHash);
    const answer = await work(key);
    call.rate = await countCall(config, keyHash);
    return answer;
  } catch (error) {
    const code = isAppError(error) ? error.code : null;
    if (code === 'invalid_api_key') ctx.refusals.add(ctx, code);
    else if (keyHash && code && !beforeTheKey.has(code))
      call.rate = code === 'rate_limited' ? await rateOf(config, keyHash) : await countCall(config, keyHash);
    throw error;
  }
}
