import { type Forged, first, forger, note, row, signed } from './forge.ts';
import { monthOf, ranFor, respelled, result, reviewed, set, signOff, withResults, withReview } from './forge-parts.ts';

/** Keys, seals, entries and sign-offs that were changed, with every signature made again. */
export const otherContents: Record<string, Forged> = {
  // Keys, checkpoint, seals.
  'a key twice': set((b) => b.keys.unshift({ id: forger.id, public_key: Buffer.alloc(32, 9).toString('base64') })),
  'keys without the signing one': set((b) => Object.assign(b, { keys: [] })),
  'the signing key under another name': set((b) => Object.assign(first(b.keys), { id: 'k2' })),
  'the signing key in another spelling': set((b) =>
    Object.assign(first(b.keys), { public_key: respelled(forger.public) }),
  ),
  'a checkpoint of a larger tree': set((b) =>
    Object.assign(b, { checkpoint: note('hub.example/ledger', 2, b.checkpoint.split('\n')[2] ?? '') }),
  ),
  'a checkpoint of no seals': set((b) =>
    Object.assign(b, { checkpoint: note('hub.example/ledger', 0, b.checkpoint.split('\n')[2] ?? '') }),
  ),
  'a checkpoint with another root': set((b) =>
    Object.assign(b, { checkpoint: note('hub.example/ledger', 1, Buffer.alloc(32).toString('base64')) }),
  ),
  'a checkpoint with a space of Unicode in its name': set((b) =>
    Object.assign(b, { checkpoint: note('hub\u0085x/ledger', 1, b.checkpoint.split('\n')[2] ?? '') }),
  ),
  'a checkpoint with an invisible mark in its name': set((b) =>
    Object.assign(b, { checkpoint: note('hub\ufeffx/ledger', 1, b.checkpoint.split('\n')[2] ?? '') }),
  ),
  'a checkpoint with letters that look alike': set((b) =>
    Object.assign(b, { checkpoint: note('hüb.example/ledger', 1, b.checkpoint.split('\n')[2] ?? '') }),
  ),
  'a checkpoint with a second signature': set((b) =>
    Object.assign(b, { checkpoint: `${b.checkpoint}${b.checkpoint.split('\n').at(-2)}\n` }),
  ),
  'a seal twice': set((b) => b.seals.push(structuredClone(first(b.seals)))),
  'a seal at another place than its number': {
    seal: (s) => s.splice(1, 1, 2),
    change: (b) => {
      first(b.seals).n = 2;
      for (const e of b.entries) e.seal = 2;
    },
  },
  'a seal of another number than it says': set((b) => {
    first(b.seals).n = 2;
    for (const e of b.entries) e.seal = 2;
  }),
  'a seal of another form': { seal: (s) => s.splice(0, 1, 'grantkeep/ledger/seal/2') },
  'a seal with a month twice': {
    seal: (s) => void (s[5] as unknown[]).push(['2026-11', 9, Buffer.alloc(32).toString('base64')]),
  },
  'a seal whose rows are a text': { seal: (s) => monthOf(s).splice(1, 1, '3') },
  'a seal whose bounds are texts': { seal: (s) => s.splice(3, 2, '0', '1000') },
  'a seal in another spelling': { sealText: (text) => text.replace(',1,', ', 1,') },
  'a seal with a number as 1e3': { sealText: (text) => text.replace(',1000,', ',1e3,') },
  'a seal of another signature': set((b) => Object.assign(first(b.seals), { signature: signed('another') })),
  'a signature in another spelling': set((b) =>
    Object.assign(first(b.seals), { signature: respelled(first(b.seals).signature) }),
  ),
  // Entries.
  'an entry twice': set((b) => b.entries.push(structuredClone(first(b.entries)))),
  'entries of a seal that is left out': set((b) => b.seals.pop()),
  'two entries that changed places': set((b) => {
    const [one, other] = b.entries;
    if (one && other) [one.index, other.index] = [other.index, one.index];
  }),
  'an entry with a shorter path': set((b) => first(b.entries).path.pop()),
  'an entry with a longer path': set((b) => first(b.entries).path.push(Buffer.alloc(32).toString('base64'))),
  'a hash of a path in another spelling': set((b) => {
    const { path } = first(b.entries);
    path[0] = respelled(path[0] ?? '');
  }),
  'a hash of a path of 31 bytes': set((b) => {
    first(b.entries).path[0] = Buffer.alloc(31).toString('base64');
  }),
  'an inner node as an entry': set((b) => {
    Object.assign(first(b.entries), { text: '\u0001', path: [] });
  }),
  'an entry of another month': set((b) => {
    first(b.entries).month = '2026-10';
  }),
  'an entry whose month is cut': {
    seal: (s) => monthOf(s).splice(0, 1, '2026'),
    change: (b) => {
      for (const e of b.entries) e.month = '2026';
    },
  },
  'an entry whose month has other digits': {
    seal: (s) => monthOf(s).splice(0, 1, '２０２６-11'),
    change: (b) => {
      for (const e of b.entries) e.month = '２０２６-11';
    },
  },
  'an entry outside of its batch': { seal: (s) => s.splice(4, 1, 50) },
  'an entry of another form': { entries: [row(1).replace('row/1', 'row/2'), row(2)] },
  'an entry with a column less': { entries: [row(1).replace('"ok",', ''), row(2)] },
  'an entry with a member of its details twice': {
    entries: [row(1, 'checks.run', { a: 1 }).replace('"a":1', '"a":2,"a":1'), row(2)],
  },
  'an entry whose details are not in order': { entries: [row(1, 'checks.run', { b: 1, a: 1 }), row(2)] },
  'an entry with white space': { entries: [row(1).replace(',', ', '), row(2)] },
  'an entry with its time as text': { entries: [row(1).replace(/,(\d{13}),/, ',"$1",'), row(2)] },
  'an entry with its batch as text': { entries: [row(1).replace(',101,', ',"101",'), row(2)] },
  'an entry in another normal form of Unicode': {
    entries: [row(1, 'checks.run', { a: 'é' }), row(2)],
    change: (b) => {
      first(b.entries).text = first(b.entries).text.normalize('NFD');
    },
  },
  // Sign-offs.
  'another note': withReview({ note: 'm' }),
  'a note in another normal form': {
    entries: [signOff('é', '{}')],
    change: reviewed({ note: 'e\u0301' }),
  },
  'no note where one was signed': withReview({ note: null }),
  'false for no note': { entries: [signOff('', '{}')], change: reviewed({ note: false }) },
  'other findings': withReview({ findings: '[]' }),
  'a sign-off of another review': withReview({ id: 'rev_2' }),
  'a sign-off of another task': withReview({ task: 'scopes' }),
  'a sign-off of another date': withReview({ due_at: '2026-11-21' }),
  'a sign-off by somebody else': withReview({ signed_off_by: 'usr_2' }),
  'a sign-off by an empty name': withReview({ signed_off_by: '' }),
  'a sign-off by a truth value': withReview({ signed_off_by: false }),
  // Results of checks.
  'a check that passes and did not': withResults(([one, other]) => [
    result({ ...one, result: 'passes' }),
    result(other),
  ]),
  'a check that found something else': withResults(([one, other]) => [
    result(one),
    result({ ...other, found: 'S256' }),
  ]),
  'a check of another provider': withResults(([one, other]) => [result(one), result({ ...other, provider: 'other' })]),
  'a result more than were found': withResults((both) => [...both, result({ check: 'pkce', provider: 'other' })]),
  'results that another run found': withResults(
    (both) => both,
    (both) => ranFor(both.map((one) => ({ ...one, found: 'x' }))),
  ),
  'a place of no entry': withReview({ entry: 7 }),
  'a place from the end': withReview({ entry: -1 }),
  'a place as text': withReview({ entry: '0' }),
  'a truth value for a place': {
    entries: [row(9), signOff('n', '{}')],
    change: reviewed({ entry: true }),
  },
  'an open review that cites a sign-off': withReview({ state: 'open' }),
  'an entry that is no sign-off': { change: reviewed({}) },
};
