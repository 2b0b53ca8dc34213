import { changedProviders } from '#lib/reviews/provider-changes';
import { ledgerLink } from '#lib/reviews/rows';
import type { ReviewTask } from '#lib/reviews/task';

const dayOf = (at: Date) => at.toISOString().slice(0, 10);

export const advisories: ReviewTask = {
  id: 'advisories',
  period: 'on_change',
  title: 'Security advisories of a changed provider',
  about: 'Read what the provider announced, and say in the note what it asks for.',
  async find(ctx, span) {
    return (await changedProviders(ctx, span)).map(({ provider, at, where }) => ({
      result: 'unknown',
      subject: provider,
      found: ctx.providers.get(provider)
        ? `${where === 'record' ? 'Set up or changed here' : 'Its metadata changed'} on ${dayOf(at)}. The hub reads no announcements.`
        : `Taken out of the configuration on ${dayOf(at)}.`,
      propose: 'Read the provider’s security advisories and its changelog.',
      href: ledgerLink({ action: where === 'record' ? 'configuration.changed' : 'provider.metadata_changed' }, span),
    }));
  },
};
