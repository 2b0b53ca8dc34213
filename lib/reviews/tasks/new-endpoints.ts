import type { Finding } from '#lib/db/schema/reviews';
import { changedProviders } from '#lib/reviews/provider-changes';
import { announcedIn, checkedSince } from '#lib/reviews/provider-results';
import type { ReviewTask } from '#lib/reviews/task';

export const newEndpoints: ReviewTask = {
  id: 'new_endpoints',
  period: 'on_change',
  title: 'A changed provider’s endpoints',
  about: 'Run the checks, then try a connection of your own: connect, let a service read it, disconnect.',
  async find(ctx, span) {
    const found: Finding[] = [];
    for (const change of await changedProviders(ctx, span))
      found.push(...(await announcedIn(ctx, change.provider, span)), ...(await checkedSince(ctx, change)));
    return found;
  },
};
