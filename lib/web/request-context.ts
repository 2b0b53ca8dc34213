import type { Actor, Context, Runtime } from '#lib/context';
import { addressFromHeaders, requestIdHeader } from '#lib/door/front-door';
import { newId } from '#lib/ids';
import { existing } from '#lib/process-parts';

const oneLine = /^[\x20-\x7e]{1,300}$/;

/** Names a request in the log: by the door's word, never by the client's, which could write there what it likes. */
export function requestIdOf(headers: Pick<Headers, 'get'>): string {
  return (existing<boolean>('front-door') ? headers.get(requestIdHeader) : null) ?? newId('req');
}

/** A context for a request with these headers, for an actor found by the caller. */
export function contextFor(runtime: Runtime, headers: Pick<Headers, 'get'>, actor: Actor): Context {
  const userAgent = headers.get('user-agent');
  return {
    ...runtime,
    actor,
    requestId: requestIdOf(headers),
    ip: addressFromHeaders(headers),
    userAgent: userAgent && oneLine.test(userAgent) ? userAgent : null,
  };
}
