import type { Concern } from '#lib/connections/filter';

/** What may be the matter with a connection beside its status. */
export const concernWords: Record<Concern, { word: string; about: string }> = {
  grant_expiring: {
    word: 'Expires soon',
    about: 'The provider ends them within a week, and only their person’s consent renews them.',
  },
  revocation_retried: {
    word: 'Revocation retried',
    about: 'The provider has not confirmed the revocation. The hub tries again by itself.',
  },
  revocation_failed: {
    word: 'Revocation failed',
    about: 'The provider could not be told within the last 30 days: end the access on its own page.',
  },
  revocation_unproved: {
    word: 'Still accepted',
    about: 'The provider says that it revoked the token, and takes it all the same.',
  },
};
