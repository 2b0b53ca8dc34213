import { notFound, redirect } from 'next/navigation';
import type { Context } from '#lib/context';
import { isAppError } from '#lib/errors';
import { type PersonContext, readsEverything } from '#lib/guards/require';
import { safeReturnTo, signInPage } from '#lib/web/return-to';
import { webContext } from '#lib/web/web-context';

/** For pages that anybody may see. */
export function visitorPage(): Promise<Context> {
  return webContext();
}

/** For pages of a signed-in person; others are sent to sign in and come back to `returnTo`. */
export async function personPage(returnTo: string): Promise<PersonContext> {
  const ctx = await webContext();
  if (ctx.actor.type !== 'person') redirect(signInPage(safeReturnTo(returnTo)));
  return ctx as PersonContext;
}

/** Requests that were counted as refused: a layout and its page ask both. */
const counted = new WeakSet<Context>();

/** For a person who is no administrator or auditor there is no such page, and the ledger says who looked for one. */
export function onlyForReaders(ctx: Context): void {
  if (readsEverything(ctx)) return;
  if (!counted.has(ctx)) {
    counted.add(ctx);
    ctx.refusals.add(ctx, 'forbidden');
  }
  notFound();
}

/** For admin pages: administrators and auditors; for everybody else there is no such page. */
export async function adminPage(returnTo = '/admin'): Promise<PersonContext> {
  const ctx = await personPage(returnTo);
  onlyForReaders(ctx);
  return ctx;
}

/**
 * Awaits the object that the address names: an absent one, another person's, or an invalid request becomes the
 * not-found page.
 */
export async function orNotFound<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (isAppError(error) && (error.code === 'not_found' || error.code === 'invalid_request')) notFound();
    throw error;
  }
}

/** Awaits an object for the title of its page; null where there is none, which the page itself then says. */
export async function titleOf<T>(work: Promise<T>): Promise<T | null> {
  return work.catch(() => null);
}

/** Awaits one part of a page. Null where it failed, which is logged: the part says so, and the rest of the page stays. */
export async function inPart<T>(ctx: Context, part: string, work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    ctx.log.error({ event: 'page_part_failed', part, request_id: ctx.requestId, err: error });
    return null;
  }
}
