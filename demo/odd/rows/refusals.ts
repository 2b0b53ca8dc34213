import type { Oddity } from '#demo/odd/oddity';

/** How it says no. */
export const refusalRows: readonly Oddity[] = [
  {
    name: 'declined_in_its_own_word',
    cases: ['P-15'],
    does: 'Where the person declines, it answers error=user_cancelled_authorize.',
    touches: ['denial'],
    declines: true,
    redirected: (parameters, grant) => {
      if (!grant) parameters.set('error', 'user_cancelled_authorize');
    },
    outcome: { flow: 'access_denied' },
  },
];
