import type { Context } from '#lib/context';
import { once } from '#lib/process-parts';

const refreshes = ({ processId }: Context) =>
  once(`refreshes-in-flight ${processId}`, () => new Map<string, Promise<void>>());

/** The refresh of that name which this process is at, for a caller to share; undefined where there is none. */
export const refreshInFlight = (ctx: Context, name: string): Promise<void> | undefined => refreshes(ctx).get(name);

/**
 * Lets callers of this process share a refresh until it is over. It goes on when its first caller hangs up, and draining
 * waits for it; its failure is its callers' to report.
 */
export function shareRefresh(ctx: Context, name: string, work: Promise<void>): Promise<void> {
  const all = refreshes(ctx);
  const shared = work.finally(() => {
    if (all.get(name) === shared) all.delete(name);
  });
  if (!all.has(name)) all.set(name, shared);
  const settled = shared.then(
    () => {},
    () => {},
  );
  ctx.background.add(settled);
  void settled.finally(() => ctx.background.delete(settled));
  return shared;
}
