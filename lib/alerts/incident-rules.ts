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
      'A service showed this key from an address that is not in its list. If the key’s rule is to deny, the service got nothing.',
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
      'The key may have leaked, or its service moved. Ask the operators of the service. If they know nothing of it, freeze the key.',
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
      'It reads several times as many tokens as in its busiest minutes of the day before. A thief who empties the hub reads like this.',
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
      'The hub blocked it. The provider’s record does not allow requests without PKCE, so the record or this hub is wrong.',
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
      'The hub refused a callback with an issuer other than the one that the person was sent to. A mix-up attack looks like this, and so does a record with a wrong issuer.',
    severity: 'critical',
    subject: 'provider',
    kind: 'each',
    match: { actions: ['flow.refused', 'request.refused'], codes: ['iss_mismatch', 'iss_missing'] },
    ...byPerson,
  },
  {
    id: 'script_blocked',
    title: 'A browser stopped a script that is not of this hub',
    about:
      'A page had a script that its policy does not allow, and the browser reported it. Markup that got into a page looks like this, and so do some browser extensions. Anybody can send such a report. Look at the ledger’s entry for network and time, and at the page in a browser without extensions.',
    severity: 'warning',
    subject: 'hub',
    kind: 'each',
    match: { actions: ['policy.violation_reported'], codes: ['script_inline', 'script_eval', 'script_foreign'] },
    ...byPerson,
  },
  {
    id: 'ledger_broken',
    title: 'The ledger is broken',
    about:
      'The seals do not match the entries, or cannot be read: somebody changed, removed or reordered entries in the database. See the ledger’s page.',
    severity: 'critical',
    subject: 'hub',
    kind: 'each',
    match: { actions: ['ledger.verified'], outcome: 'failed' },
    ...byPerson,
  },
  {
    id: 'ledger_held_back',
    title: 'A transaction keeps the hub from reading the ledger',
    about:
      'Entries from then on raise no alert and have no seal, so the hub would not notice a change to them. End that process of the database’s server and ask who runs it. Compare the logs of services and providers for that time.',
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
      'The hub froze everything before it served a request. Connections that were revoked since the backup are back, and a refresh token that was replaced since may end its grant when it is shown. The page of freezes says what to do before thawing.',
    severity: 'critical',
    subject: 'hub',
    kind: 'each',
    match: { actions: ['instance.restored'] },
    ...byPerson,
  },
  {
    id: 'sealed_value_refused',
    title: 'A stored token was changed or moved',
    about:
      'Somebody changed it, moved it or put it back, or its row names a provider, issuer, account part or generation that it was not sealed for. The hub did not hand it out. Find out who may write to the database.',
    severity: 'critical',
    subject: 'hub',
    kind: 'each',
    match: {
      actions: ['token.denied', 'token.refresh_failed', 'revocation.failed', 'replaced.failed', 'request.refused'],
      codes: ['vault_wrong_place', 'vault_tampered', 'vault_malformed', 'vault_old_form'],
    },
    ...byPerson,
  },
  {
    id: 'vault_key_missing',
    title: 'A key that sealed stored tokens is missing',
    about:
      'The hub was started with --allow-missing-keys and cannot open rows that need this key. Put the key back into VAULT_KEYS and start again. Without it the people of these rows must connect again.',
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
      'If the standby copied asynchronously, the last seconds may be missing: reads of tokens, revocations, freezes, new connections. Each process put back the refreshed tokens that it had stored in the last two minutes. The ledger’s entry has the last moment that the standby had.',
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
      'The provider confirmed the revocation, and accepted the token afterwards. A holder of the token can use it. End the grant at the provider by hand. The connection’s page shows the tries.',
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
      'For days the hub could not tell the provider. The hub hands the token out no more, but the grant may live on there. End it at the provider by hand.',
    severity: 'critical',
    subject: 'provider',
    kind: 'each',
    match: { actions: ['revocation.failed', 'replaced.failed'], state: 'failed' },
    ...byPerson,
  },
  {
    id: 'mass_revocation',
    title: 'Many connections were revoked in a short time',
    about: 'An administrator cleans up, or an attacker does. The ledger says who.',
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
