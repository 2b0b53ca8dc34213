import type { Actor, Context, Role } from '#lib/context';
import { AppError } from '#lib/errors';

export type PersonActor = Extract<Actor, { type: 'person' }>;
/** A context in which somebody is signed in. */
export type PersonContext = Context & { actor: PersonActor };

/** Asserts that somebody is signed in. @throws AppError `unauthenticated` */
export function requirePerson(ctx: Context): asserts ctx is PersonContext {
  if (ctx.actor.type !== 'person') throw new AppError('unauthenticated');
}

/**
 * Asserts that an administrator asks, or this process itself on its operator's behalf.
 * @throws AppError `unauthenticated` or `forbidden`
 */
export function requireAdministrator(ctx: Context): void {
  if (ctx.actor.type === 'system') return;
  requirePerson(ctx);
  if (ctx.actor.role !== 'administrator') throw new AppError('forbidden');
}

/**
 * Refuses an act on oneself that could leave the hub without an administrator.
 * @throws AppError `conflict`
 */
export function refuseOneself(ctx: Context, personId: string): void {
  if (ctx.actor.type === 'person' && ctx.actor.personId === personId) {
    throw new AppError('conflict', { message: 'You cannot do this to yourself. Ask another administrator.' });
  }
}

const readers: readonly Role[] = ['administrator', 'auditor'];

/** Asserts that somebody asks who may read everything. @throws AppError `unauthenticated` or `forbidden` */
export function requireReader(ctx: Context): void {
  if (ctx.actor.type === 'system') return;
  requirePerson(ctx);
  if (!readers.includes(ctx.actor.role)) throw new AppError('forbidden');
}

/** True where the actor may see other people's rows. */
export function readsEverything(ctx: Context): boolean {
  return ctx.actor.type === 'system' || (ctx.actor.type === 'person' && readers.includes(ctx.actor.role));
}
