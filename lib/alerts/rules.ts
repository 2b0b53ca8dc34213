import type { AlertSeverity } from '#lib/db/schema/alerts';
import type { LedgerAction } from '#lib/ledger/actions';

/** Which entries of the ledger a rule looks at; without `codes` or `outcome`, those with any. */
export interface Match {
  actions: readonly LedgerAction[];
  codes?: readonly string[];
  outcome?: 'ok' | 'refused' | 'failed';
}

interface RuleBase {
  id: string;
  title: string;
  /** What it means and what to do first, for the page and the mail. */
  about: string;
  severity: AlertSeverity;
  /** What there is one alert for: each provider, each API key, or the hub. */
  subject: 'provider' | 'api_key' | 'hub';
  /** Whether it is over when nothing is found any more, or when a person says so. */
  ends: 'by_itself' | 'by_person';
  /** Minutes for which nothing must be found until it is over by itself. */
  quietMinutes: number;
  /** Minutes after such an end within which it is the same alert that comes back, and nobody is told anew. */
  coolDownMinutes: number;
}

/** Opens with a single event. */
export interface EachRule extends RuleBase {
  kind: 'each';
  match: Match;
}

/** Opens at `threshold` events within the window, and holds down to `holdsAt`. */
export interface WindowRule extends RuleBase {
  kind: 'window';
  match: Match;
  windowMinutes: number;
  threshold: number;
  holdsAt: number;
}

/** Reads of tokens themselves, which are far too many to be looked at one by one. */
export interface ReadsRule extends RuleBase {
  kind: 'reads';
  reads: 'unexpected_address' | 'new_network' | 'burst';
}

/** A state that is looked at every few minutes. */
export interface StateRule extends RuleBase {
  kind: 'state';
  state: 'provider_failing' | 'grants_dying' | 'long_lived_tokens';
  everyMinutes: number;
  threshold: number;
  holdsAt: number;
}

export type Rule = EachRule | WindowRule | ReadsRule | StateRule;

const byPerson = { ends: 'by_person', quietMinutes: 0, coolDownMinutes: 0 } as const;
const byItself = (quietMinutes: number) => ({ ends: 'by_itself', quietMinutes, coolDownMinutes: 60 }) as const;

/** What a key's reads are held against, to be called a burst. */
export const burst = {
  /** The span whose reads are compared, in minutes. */
  spanMinutes: 5,
  /** How many times the busiest span of its baseline. */
  factor: 3,
  /** Reads that are no burst whatever the baseline. */
  floor: 100,
  baselineHours: 24,
  /** How long the key must have been reading: before, it has no baseline. */
  leastHistoryMinutes: 60,
};

/** Access tokens that live longer than this go against the policy. */
export const longestLifeMinutes = 60;
/** Grants that end within this are about to die. */
export const dyingWithinDays = 7;

/** Everything that raises an alert. What is found and when it is over is data; nothing else decides. */
export const rules: readonly Rule[] = [
  {
    id: 'refresh_token_theft',
    title: 'A refresh token may have been stolen',
    about:
      'The provider ended a grant as it does when a replaced token is shown again, and this hub did not show one. Freeze the provider or the connections, find who read them, and revoke.',
    severity: 'critical',
    subject: 'provider',
    kind: 'each',
    match: { actions: ['token.theft_suspected'] },
    ...byPerson,
  },
  {
    id: 'unexpected_address',
    title: 'A key was used from outside its expected addresses',
    about:
      'A service showed this key from an address that is not in its list. Where the key’s rule is to deny, it got nothing.',
    severity: 'critical',
    subject: 'api_key',
    kind: 'reads',
    reads: 'unexpected_address',
    ...byPerson,
  },
  {
    id: 'new_network',
    title: 'A key read tokens from a network never seen for it',
    about:
      'The key may have leaked, or its service moved. Ask whoever runs the service; if they know nothing of it, freeze the key.',
    severity: 'critical',
    subject: 'api_key',
    kind: 'reads',
    reads: 'new_network',
    ...byPerson,
  },
  {
    id: 'read_burst',
    title: 'A key reads far more tokens than it used to',
    about:
      'Within five minutes it read several times what it read in its busiest five minutes of the day before. Whoever empties a hub reads like this.',
    severity: 'critical',
    subject: 'api_key',
    kind: 'reads',
    reads: 'burst',
    ...byPerson,
  },
  {
    id: 'without_pkce',
    title: 'An authorization request would have left without PKCE',
    about:
      'It was blocked. The provider is not marked as one without PKCE, so its record or this hub is not as it should be.',
    severity: 'critical',
    subject: 'provider',
    kind: 'each',
    match: { actions: ['flow.refused', 'request.refused'], codes: ['pkce_required'] },
    ...byPerson,
  },
  {
    id: 'issuer_refused',
    title: 'An answer named another authorization server',
    about:
      'A callback whose issuer is not the one that the person was sent to was refused: a mix-up attack looks like this, and so does a record with a wrong issuer.',
    severity: 'critical',
    subject: 'provider',
    kind: 'each',
    match: { actions: ['flow.refused', 'request.refused'], codes: ['iss_mismatch', 'iss_missing'] },
    ...byPerson,
  },
  {
    id: 'ledger_broken',
    title: 'The ledger is broken',
    about: 'Its seals do not hold: entries were changed, removed or reordered in the database. See the ledger’s page.',
    severity: 'critical',
    subject: 'hub',
    kind: 'each',
    match: { actions: ['ledger.verified'], outcome: 'failed' },
    ...byPerson,
  },
  {
    id: 'mass_revocation',
    title: 'Many connections were revoked in a short time',
    about: 'Twenty or more within ten minutes. Somebody cleans up, or somebody who should not be there does.',
    severity: 'warning',
    subject: 'hub',
    kind: 'window',
    match: { actions: ['connection.revoked'] },
    windowMinutes: 10,
    threshold: 20,
    holdsAt: 5,
    ...byPerson,
  },
  {
    id: 'failed_exchanges',
    title: 'Exchanges of authorization codes fail',
    about:
      'The provider refuses codes, or its answers do not hold. A PKCE mismatch is one cause: a code that somebody else obtained.',
    severity: 'warning',
    subject: 'provider',
    kind: 'window',
    match: {
      actions: ['flow.refused', 'request.refused'],
      codes: [
        'invalid_grant',
        'exchange_refused',
        'token_answer_invalid',
        'id_token_invalid',
        'id_token_missing',
        'id_token_malformed',
        'id_token_nonce',
        'id_token_audience',
        'id_token_issuer',
        'id_token_expired',
        'id_token_signature',
        'id_token_alg',
        'identity_invalid',
        'identity_unavailable',
        'token_rejected',
      ],
    },
    windowMinutes: 15,
    threshold: 5,
    holdsAt: 1,
    ...byItself(30),
  },
  {
    id: 'refused_callbacks',
    title: 'Callbacks are refused',
    about:
      'Answers came whose state was missing, unknown, used before or somebody else’s. Attempts at request forgery look like this, and so do browsers that lose cookies.',
    severity: 'warning',
    subject: 'provider',
    kind: 'window',
    match: {
      actions: ['flow.refused', 'request.refused'],
      codes: [
        'state_missing',
        'state_unknown',
        'state_reused',
        'state_mismatch',
        'duplicate_parameter',
        'flow_other_person',
      ],
    },
    windowMinutes: 15,
    threshold: 10,
    holdsAt: 3,
    ...byItself(30),
  },
  {
    id: 'credentials_refused',
    title: 'A provider rejects this hub’s own credentials',
    about: 'Its client id, secret or scopes are not accepted any more. Nobody can connect or refresh there.',
    severity: 'critical',
    subject: 'provider',
    kind: 'window',
    match: {
      actions: ['flow.refused', 'request.refused', 'token.refresh_failed'],
      codes: ['invalid_client', 'invalid_scope', 'request_rejected', 'provider_configuration', 'discovery_changed'],
    },
    windowMinutes: 15,
    threshold: 3,
    holdsAt: 1,
    ...byItself(30),
  },
  {
    id: 'provider_failing',
    title: 'A provider does not answer',
    about:
      'Calls to it are paused. Tokens that still live are handed out; whoever needs a new one is told to try again later.',
    severity: 'warning',
    subject: 'provider',
    kind: 'state',
    state: 'provider_failing',
    everyMinutes: 0,
    threshold: 2,
    holdsAt: 1,
    ...byItself(5),
  },
  {
    id: 'needs_reconnect',
    title: 'Connections stopped working',
    about: 'Their provider no longer accepts them; each needs its person to reconnect.',
    severity: 'info',
    subject: 'provider',
    kind: 'each',
    match: { actions: ['connection.needs_reconnect'] },
    ...byItself(24 * 60),
  },
  {
    id: 'grants_dying',
    title: 'Grants are about to die',
    about: 'Within a week the provider ends them, and nothing but their person’s consent renews them.',
    severity: 'info',
    subject: 'provider',
    kind: 'state',
    state: 'grants_dying',
    everyMinutes: 60,
    threshold: 1,
    holdsAt: 1,
    ...byItself(60),
  },
  {
    id: 'long_lived_tokens',
    title: 'Access tokens live longer than an hour',
    about:
      'The policy is sixty minutes at most: a token that leaks is of use until it ends. Shorten their life at the provider where it offers that.',
    severity: 'info',
    subject: 'provider',
    kind: 'state',
    state: 'long_lived_tokens',
    everyMinutes: 60,
    threshold: 1,
    holdsAt: 1,
    ...byItself(60),
  },
];

/** The rule of that id; undefined for one of an earlier build. */
export function ruleOf(id: string): Rule | undefined {
  return rules.find((rule) => rule.id === id);
}
