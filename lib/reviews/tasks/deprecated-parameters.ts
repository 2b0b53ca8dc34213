import type { Finding } from '#lib/db/schema/reviews';
import { changedProviders } from '#lib/reviews/provider-changes';
import { triedSince } from '#lib/reviews/provider-results';
import type { ReviewTask } from '#lib/reviews/task';

export const deprecatedParameters: ReviewTask = {
  id: 'deprecated_parameters',
  period: 'on_change',
  title: 'Deprecated parameters of a changed provider',
  about: 'Bring the provider’s record up to what its documentation and its metadata say now.',
  async find(ctx, span) {
    const found: Finding[] = [];
    for (const change of await changedProviders(ctx, span)) found.push(...(await triedSince(ctx, change)));
    return found;
  },
};
