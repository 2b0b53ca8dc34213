import { requireReader } from '#lib/access/require';
import { protectionOf } from '#lib/connections/provider-protection';
import type { Context } from '#lib/context';

/** A provider that this process found not to be answering. */
export interface SickProviderView {
  provider: { id: string; name: string };
  since: Date;
  /** When it is tried again, by the next call that needs it. */
  askedAgainAt: Date;
}

/**
 * The providers that did not answer this process's last refreshes; other processes may have found otherwise.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export function listSickProviders(ctx: Context): SickProviderView[] {
  requireReader(ctx);
  return ctx.providers.list().flatMap(({ id, name }) => {
    const { since, askAgainAt } = protectionOf(ctx, id);
    return since === null ? [] : [{ provider: { id, name }, since, askedAgainAt: new Date(askAgainAt) }];
  });
}
