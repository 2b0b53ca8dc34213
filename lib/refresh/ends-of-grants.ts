import { answerLost } from '#lib/refresh/lease';

/** The `status_reason` of a grant that ended after another party used its token, as the provider says. */
const suspectedTheft = 'suspected_theft';
/** That of a grant that ended after another party may have used its token, as the evidence suggests. */
const possibleTheft = 'possible_theft';
/** That of a grant that its provider ended, as it does when the person removes the access there. */
const endedAtProvider = 'ended_at_provider';

/** How sure it is that somebody else used the token: what the ledger writes beside the end, and its alert's severity. */
const thefts = {
  sure: { reason: suspectedTheft, action: 'token.theft_suspected', rule: 'refresh_token_theft' },
  possible: { reason: possibleTheft, action: 'token.theft_possible', rule: 'refresh_token_theft_possible' },
} as const;

interface End {
  /** The evidence, in words, when the provider refused the newest refresh token. */
  seen: string;
  reason: string;
  theft: (typeof thefts)[keyof typeof thefts] | null;
}

const ended = (seen: string): End => ({ seen, reason: endedAtProvider, theft: null });
const lost = (seen: string): End => ({ seen, reason: answerLost, theft: null });
const stolen = (theft: keyof typeof thefts, seen: string): End => ({
  seen,
  reason: thefts[theft].reason,
  theft: thefts[theft],
});

/**
 * The evidence at the end of a grant, and the name of the end. The first row that holds counts. Theft is told only with
 * evidence that an ordinary end does not leave: a provider ends grants when their person removes the access, changes
 * the password or leaves, and says no more than `invalid_grant` then.
 */
export const endsOfGrants = {
  answer_lost: lost('An earlier refresh may have been answered, and the answer never came.'),
  history_lost: lost('A standby was promoted, and what was stored last may be missing.'),
  person_needed: ended('The provider wants the person to sign in or to consent there once more.'),
  refused_alone: ended(
    'The provider goes on refusing this grant with a code that does not say why, and renewed others meanwhile.',
  ),
  reuse_reported: stolen(
    'sure',
    'The provider says that the token was used before (`reuse_codes`), and this hub did not use it before.',
  ),
  never_replaced: ended('The token was never replaced since the person connected.'),
  not_rotating: ended('The provider does not replace refresh tokens.'),
  past_its_end: ended('The refresh token was past its known end.'),
  disused: ended('The grant was unused for as long as the provider keeps one.'),
  account_elsewhere: ended('Another connection of the account was made or revoked since, which ends older grants.'),
  restored: ended('The row came from a backup, so the hub showed a token that was replaced.'),
  grant_lives_on: stolen(
    'possible',
    'The provider refuses the newest refresh token and goes on accepting the access token that came with it.',
  ),
  several_of_one_key: stolen(
    'possible',
    'Within minutes ended the grants of several people that one API key read last, and others were renewed.',
  ),
  unexplained: ended('Nothing else was seen.'),
} as const satisfies Record<string, End>;

/** The evidence, as the ledger names it. */
export type EndName = keyof typeof endsOfGrants;
