import type { IncidentKind } from '#lib/incidents/views';

/** What a sentence can name: what an incident touches, what its alert is about, and what was measured. */
export type Slot = IncidentKind | 'subject' | 'measure' | 'found';

/**
 * A sentence with `{slots}`, and `{events:call}` for “one call” or “12 calls”. Of a list, the first sentence with
 * something in one of its slots; one without slots is always said.
 */
export type Sentence = string | readonly string[];

/** What an alert says first, in words. */
export interface Story {
  who: Sentence;
  affected: Sentence;
  what: Sentence;
  where: Sentence;
}

const everybody = 'Every person with a connection: it concerns the whole hub.';
const accounts = ['The accounts of {people}.', 'No person is known.'] as const;
const inTheDatabase = 'Inside the database, beside the hub.';
const toldByProvider = 'The answers of {subject} to this hub. The ledger’s entries have each request.';
const byKey: Pick<Story, 'who' | 'affected'> = {
  who: 'A caller with the API key {subject}: its service, or a holder of a copy.',
  affected: ['The accounts of {people}.', 'No person: the caller got no token.'],
};
const browsers = ['The networks of the browsers: {networks}.', 'The network is not known.'] as const;

/** Each rule of `lib/alerts` in the words of an incident: the actor, the touched accounts, the event and its origin. */
export const stories: Record<string, Story> = {
  refresh_token_theft: {
    who: 'A holder of a copy of a refresh token. This hub did not use that copy.',
    affected: accounts,
    what: [
      'The refresh token of {connections} was used twice at {subject}.',
      'A refresh token was used twice at {subject}.',
    ],
    where: 'Not known here: the copy was used at {subject}. Ask the provider for its audit log.',
  },
  refresh_token_theft_possible: {
    who: 'Perhaps a holder of a copy of a refresh token, perhaps the people themselves.',
    affected: accounts,
    what: [
      '{subject} ended {connections} in a way that a theft would cause.',
      '{subject} ended a grant as after a theft.',
    ],
    where: 'Not known here: the grants ended at {subject}. Ask the provider for its audit log.',
  },
  provider_stopped: {
    who: '{subject}, by a fault or by an administrator there who removed the application.',
    affected: accounts,
    what: '{subject} refused the grants of several people within minutes. The hub stopped its refreshes.',
    where: toldByProvider,
  },
  unexpected_address: {
    ...byKey,
    what: ['{events:call} for tokens of {providers}.', '{events:call} that the hub refused.'],
    where: ['{networks}, which the key’s list of addresses does not allow.', 'An address outside of the key’s list.'],
  },
  new_network: {
    ...byKey,
    what: ['{events:read} of tokens of {providers}.', '{events:read} of tokens.'],
    where: ['{networks}, from which this key never read before.', 'A network from which this key never read before.'],
  },
  read_burst: {
    ...byKey,
    what: ['{found}, of {providers}.', '{measure}.'],
    where: ['{networks}.', 'The network is not known.'],
  },
  without_pkce: {
    who: 'This hub itself, by the record of {subject}.',
    affected: ['The attempts of {people} to connect.', 'An attempt to connect.'],
    what: '{events:authorization request} without PKCE. The hub sent none of them.',
    where: browsers,
  },
  issuer_refused: {
    who: 'An authorization server that is not {subject}, or {subject} under another name.',
    affected: ['The attempts of {people} to connect.', 'An attempt to connect.'],
    what: '{events:answer} that named another issuer. The hub stored no token from it.',
    where: browsers,
  },
  script_blocked: {
    who: 'Markup in a page of this hub, or an extension of the browser that reported it.',
    affected: ['The browsers of {people}.', 'A browser without a known person.'],
    what: '{events:report} of a script that the page’s policy does not allow. The browser did not run it.',
    where: browsers,
  },
  ledger_broken: {
    who: 'Somebody with write access to the database.',
    affected: everybody,
    what: 'Entries or seals of the ledger were changed, removed or reordered.',
    where: inTheDatabase,
  },
  ledger_held_back: {
    who: ['A client of the database server: {found}.', 'A client of the database server.'],
    affected: everybody,
    what: 'One transaction stays open, so newer entries get no seal and raise no alert: {measure}.',
    where: inTheDatabase,
  },
  instance_restored: {
    who: 'The operator who put a backup into the database, or somebody who replaced it.',
    affected: everybody,
    what: 'The database is older than what this hub wrote last. Everything was frozen before the first request.',
    where: inTheDatabase,
  },
  sealed_value_refused: {
    who: 'Somebody with write access to the database.',
    affected: accounts,
    what: [
      'Stored tokens of {connections} were changed or moved. The hub handed none of them out.',
      'A stored token was changed or moved.',
    ],
    where: inTheDatabase,
  },
  vault_key_missing: {
    who: 'The operator, who started the hub without this key.',
    affected: 'All people with tokens under the missing key.',
    what: 'The hub cannot open the tokens that this key sealed. They are stored and not lost.',
    where: 'The configuration of this hub: VAULT_KEYS.',
  },
  instance_promoted: {
    who: 'The operator or the database’s failover, which made a standby the primary.',
    affected: everybody,
    what: 'The last seconds before it may be missing from the database.',
    where: inTheDatabase,
  },
  revoked_still_accepted: {
    who: '{subject}, which confirmed a revocation and did not carry it out.',
    affected: accounts,
    what: ['The old tokens of {connections} still work.', 'A revoked token still works.'],
    where: toldByProvider,
  },
  revocation_given_up: {
    who: '{subject}, which did not take the revocation for days.',
    affected: accounts,
    what: ['The grants of {connections} may live on at {subject}.', 'A grant may live on at {subject}.'],
    where: toldByProvider,
  },
  mass_revocation: {
    who: ['{actors}.', 'Not known.'],
    affected: accounts,
    what: ['{events:connection} of {providers} ended within minutes.', '{events:connection} ended within minutes.'],
    where: ['{networks}.', 'This hub itself.'],
  },
  revocations_failing: {
    who: '{subject}, which does not take revocations.',
    affected: accounts,
    what: ['{events:attempt} to revoke failed, for {connections}.', 'Attempts to revoke fail.'],
    where: toldByProvider,
  },
  failed_exchanges: {
    who: '{subject}, or a browser that brought codes of another flow.',
    affected: ['The attempts of {people} to connect.', 'Attempts to connect; no person is known.'],
    what: '{events:exchange} of authorization codes failed. No connection came of them.',
    where: browsers,
  },
  refused_callbacks: {
    who: 'Browsers with an answer that belongs to no flow of theirs: lost cookies, or a forged request.',
    affected: ['The attempts of {people} to connect.', 'Attempts to connect; no person is known.'],
    what: 'The hub refused {events:callback} of {subject}.',
    where: browsers,
  },
  handed_on_links: {
    who: 'Somebody who hands links to other people, or an application that keeps the verifier in the wrong place.',
    affected: ['The accounts that {people} were to get.', 'Accounts that were not connected.'],
    what: '{events:connect session} ended, since the code or the verifier did not fit. No connection came of them.',
    where: ['{networks}, where the applications called from.', 'Not known.'],
  },
  credentials_refused: {
    who: '{subject}, which refuses this hub’s own client id, secret or scopes.',
    affected: [
      'All people with an account at {subject}. It was noticed for {people}.',
      'All people with an account at {subject}.',
    ],
    what: '{subject} refused {events:call}. No person can connect there, and the hub refreshes no token.',
    where: toldByProvider,
  },
  provider_failing: {
    who: '{subject}, or the network between it and this hub.',
    affected: 'All people with an account at {subject} and a token that ends meanwhile.',
    what: '{measure}. The hub hands out tokens that still live.',
    where: ['{found}.', 'Every process that called it.'],
  },
  needs_reconnect: {
    who: '{subject}, or the people who removed the access there.',
    affected: accounts,
    what: '{subject} accepts {events:connection} no more. Each needs its person to reconnect.',
    where: toldByProvider,
  },
  grants_dying: {
    who: '{subject}, which lets grants end at a fixed age.',
    affected: [
      'The accounts of people with a grant that ends soon, such as {people}.',
      'The accounts of people with a grant that ends soon.',
    ],
    what: ['{found}: {connections} and others like it.', '{measure} end soon.'],
    where: 'The end of each grant is in this hub’s database.',
  },
  long_lived_tokens: {
    who: '{subject}, which decides how long its tokens live.',
    affected: ['People with an account at {subject}, such as {people}.', 'People with an account at {subject}.'],
    what: ['Access tokens with {found}: {connections}.', 'Access tokens without an end.'],
    where: 'The end of each token is in this hub’s database.',
  },
  critical_check_fails: {
    who: 'The configuration of this hub, or of the provider that the check is about.',
    affected: everybody,
    what: ['{subject}. {found}', '{subject}.'],
    where: 'The security checks of this hub.',
  },
  check_fails: {
    who: 'The configuration of this hub, or of the provider that the check is about.',
    affected: everybody,
    what: ['{subject}. {found}', '{subject}.'],
    where: 'The security checks of this hub.',
  },
  key_service_down: {
    who: 'The key service of the root key, or the network to it.',
    affected: everybody,
    what: '{measure}. Vends end with 503 once the held keys are dropped.',
    where: ['{found}.', 'The process of the hub that noticed it.'],
  },
  reviews_overdue: {
    who: 'The administrators to whom the reviews are assigned.',
    affected: 'No person’s account is touched.',
    what: '{measure} past the date.',
    where: 'The reviews of this hub.',
  },
};

/** Of a rule of an earlier build. */
export const unknownStory: Story = {
  who: ['{actors}.', 'Not known.'],
  affected: ['The accounts of {people}.', 'Not known.'],
  what: ['{connections}.', 'A rule of an earlier version of this hub found it.'],
  where: ['{networks}.', 'Not known.'],
};

/** A part of a sentence: text, a slot, or a number of events with the noun for one. */
export type Part = { text: string } | { slot: Slot } | { events: string };

/** Takes a sentence apart at its slots. */
export function partsOf(sentence: string): Part[] {
  return sentence.split(/(\{[^}]+\})/).flatMap((piece): Part[] => {
    if (piece === '') return [];
    if (!piece.startsWith('{')) return [{ text: piece }];
    const inside = piece.slice(1, -1);
    return [inside.startsWith('events:') ? { events: inside.slice('events:'.length) } : { slot: inside as Slot }];
  });
}

/** The first of the sentences that has all of its slots filled; the last one where none has. */
export function sentenceFor(sentence: Sentence, filled: (slot: Slot) => boolean): Part[] {
  const all = typeof sentence === 'string' ? [sentence] : sentence;
  const parts = all.map(partsOf);
  const whole = parts.find((one) => one.every((part) => !('slot' in part) || filled(part.slot)));
  return whole ?? parts.at(-1) ?? [];
}
