import type { Context } from '#lib/context';
import { type Lease, renewLease } from '#lib/refresh/lease';

/** A third of the lease: two renewals may fail before it runs out. */
const renewEveryMs = 10_000;
/** One renewal may fail before the next process follows (`followerSilentSeconds`). */
const followerRenewsEveryMs = 2_000;

/**
 * Renews a lease again and again until the answered function is called or it is no longer ours, so that a slow provider
 * or slow storing never lets it lapse while its holder lives.
 */
export function keepLease(ctx: Context, lease: Lease): () => void {
  let renewing = false;
  const timer = setInterval(
    async () => {
      if (renewing) return;
      renewing = true;
      try {
        if (!(await renewLease(ctx, lease))) clearInterval(timer);
      } catch (error) {
        ctx.log.warn({ event: 'lease_not_renewed', connection: lease.id, err: error });
      } finally {
        renewing = false;
      }
    },
    lease.forgivenSeconds === undefined ? renewEveryMs : followerRenewsEveryMs,
  );
  timer.unref();
  return () => clearInterval(timer);
}
