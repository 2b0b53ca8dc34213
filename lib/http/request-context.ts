import type { Actor, Context, Runtime } from '#lib/context';
import { addressFromHeaders, requestIdHeader } from '#lib/http/front-door';
import { newId } from '#lib/ids';
import { existing } from '#lib/registry';

const oneLine = /^[\x20-\x7e]{1,300}$/;

/** A context for a request with these headers, for an actor found by the caller. */
export function contextFor(runtime: Runtime, headers: Pick<Headers, 'get'>, actor: Actor): Context {
  const userAgent = headers.get('user-agent');
  return {
    ...runtime,
    actor,
    // Ours only: a client's own would let it write what it likes into the ledger.
    requestId: (existing<boolean>('front-door') ? headers.get(requestIdHeader) : null) ?? newId('req'),
    ip: addressFromHeaders(headers),
    userAgent: userAgent && oneLine.test(userAgent) ? userAgent : null,
  };
}
