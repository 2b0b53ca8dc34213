import type { Rule } from '#lib/alerts/rule';

const byPerson = { ends: 'by_person', quietMinutes: 0, coolDownMinutes: 0 } as const;

/** Rules on what happened and stays open until a person ends it. */
export const incidentRules: readonly Rule[] = [
  {
    id: 'refresh_token_theft',
    title: 'A refresh token was used by somebody else',
    about:
      'The provider says that a refresh token was used before, and this hub did not use it. Freeze the provider or the connections, find out who read them, and revoke.',
    severity: 'critical',
    subject: 'provider',
    kind: 'each',
    match: { actions: ['token.theft_suspected'] },
    ...byPerson,
  },
  {
    id: 'refresh_token_theft_possible',
    title: 'A refresh token may have been used by somebody else',
    about:
      'A provider refused a newest refresh token and went on accepting its access token, or ended several grants that one API key read last. An ordinary end leaves no such trace, but an unusual one may. Ask the people whether they removed the access; if not, act as for a theft.',
    severity: 'warning',
    subject: 'provider',
    kind: 'each',
    match: { actions: ['token.theft_possible'] },
    ...byPerson,
  },
  {
    id: 'provider_stopped',
    title: 'A provider refuses the grants of several people',
    about:
      'Within minutes it ended the grants of several people and renewed no others, so its refreshes are stopped and nothing is final yet. Its own trouble looks like this, and so does an administrator there who removed the application. One refresh in two minutes tries it. If the grants are really over, let it go on by the status page.',
    severity: 'critical',
    subject: 'provider',
    kind: 'each',
    match: { actions: ['provider.stopped'] },
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
      'It reads several times what it read in its busiest minutes of the day before. Whoever empties a hub reads like this.',
    severity: 'critical',
    subject: 'api_key',
    kind: 'reads',
    reads: 'burst',
    factor: 3,
    floor: 100,
    leastHistoryMinutes: 60,
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
    about:
      'Its seals do not hold, or cannot be read: entries were changed, removed or reordered in the database. See the ledger’s page.',
    severity: 'critical',
    subject: 'hub',
    kind: 'each',
    match: { actions: ['ledger.verified'], outcome: 'failed' },
    ...byPerson,
  },
  {
    id: 'ledger_held_back',
    title: 'A transaction keeps the ledger from being looked at and sealed',
    about:
      'Entries from then on raise no alert and have no seal, so a change to them would not be found. End that process of the database’s server and ask who runs it. Compare what the services and providers logged meanwhile.',
    severity: 'critical',
    subject: 'hub',
    kind: 'state',
    state: 'ledger_held_back',
    everyMinutes: 0,
    threshold: 1,
    holdsAt: 1,
    ...byPerson,
  },
  {
    id: 'instance_restored',
    title: 'This database came from a backup',
    about:
      'Everything was frozen before anything was served: what was revoked since the backup is back, and a refresh token that was replaced since may end its grant when it is shown. The page of freezes says what to do before thawing.',
    severity: 'critical',
    subject: 'hub',
    kind: 'each',
    match: { actions: ['instance.restored'] },
    ...byPerson,
  },
  {
    id: 'sealed_value_refused',
    title: 'A stored token is not what was stored there',
    about:
      'It was changed, moved or put back, or its row names another provider, issuer, account part or generation than the one it was sealed for. It was shown to nobody. Find who may write to the database.',
    severity: 'critical',
    subject: 'hub',
    kind: 'each',
    match: {
      actions: ['token.denied', 'token.refresh_failed', 'revocation.failed', 'replaced.failed'],
      codes: ['vault_wrong_place', 'vault_tampered', 'vault_malformed', 'vault_old_form'],
    },
    ...byPerson,
  },
  {
    id: 'vault_key_missing',
    title: 'A key that sealed stored tokens is missing',
    about:
      'The hub was started with --allow-missing-keys, and cannot open the rows that only this key opens. Put the key back into VAULT_KEYS and start again; without it their people must connect again.',
    severity: 'critical',
    subject: 'hub',
    kind: 'each',
    match: { actions: ['vault.key_missing'] },
    ...byPerson,
  },
  {
    id: 'instance_promoted',
    title: 'A standby of the database took over',
    about:
      'What was committed in the seconds before may be missing where the standby copied asynchronously: tokens that were read, revocations, freezes, new connections. Each process put back the refreshed tokens that it had stored in the last two minutes. The ledger’s entry says up to when the standby had everything.',
    severity: 'warning',
    subject: 'hub',
    kind: 'each',
    match: { actions: ['instance.promoted'] },
    ...byPerson,
  },
  {
    id: 'revoked_still_accepted',
    title: 'A revoked token is still accepted by its provider',
    about:
      'The provider said that it was revoked, and took it all the same when it was tried. Whoever has it can use it. End the grant at the provider by hand, and see the connection for what was tried.',
    severity: 'critical',
    subject: 'provider',
    kind: 'each',
    match: { actions: ['revocation.proved', 'replaced.proved'], codes: ['still_accepted'] },
    ...byPerson,
  },
  {
    id: 'revocation_given_up',
    title: 'A revocation was given up',
    about:
      'For days the provider could not be told. Nobody gets the token here, but the grant may live on there. End it at the provider by hand.',
    severity: 'critical',
    subject: 'provider',
    kind: 'each',
    match: { actions: ['revocation.failed', 'replaced.failed'], state: 'failed' },
    ...byPerson,
  },
  {
    id: 'mass_revocation',
    title: 'Many connections were revoked in a short time',
    about: 'Somebody cleans up, or somebody who should not be there does. The ledger says who.',
    severity: 'warning',
    subject: 'hub',
    kind: 'window',
    match: { actions: ['connection.revoked'] },
    windowMinutes: 10,
    threshold: 20,
    holdsAt: 5,
    ...byPerson,
  },
];
