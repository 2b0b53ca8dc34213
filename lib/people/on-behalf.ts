import type { Actor } from '#lib/actor';
import type { Context } from '#lib/context';

/** Work that a request began and that goes on after it, in every process. */
export interface Begun {
  /** A person's id, or the name of a part of our own. */
  startedBy: string | null;
  requestId: string | null;
}

/** Whichever process goes on with it, the entries name who began it, under that request. */
export function onBehalf(ctx: Context, { startedBy, requestId }: Begun): Context {
  const actor: Actor = startedBy?.startsWith('per_')
    ? { type: 'person', personId: startedBy, role: 'administrator', sessionId: '', name: null, email: null }
    : { type: 'system', name: startedBy ?? 'bulk' };
  return { ...ctx, actor, requestId: requestId ?? ctx.requestId, ip: null };
}
