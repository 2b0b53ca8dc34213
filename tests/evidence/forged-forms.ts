import { type Forged, first, forger, row, signed } from './forge.ts';
import { inText, ranFor, result, reviewed, set, signOff, withResults, withReview } from './forge-parts.ts';

/** Bundles that are whole, so that the others are refused for their own fault. */
export const whole: Record<string, Forged> = {
  'a bundle of the forger’s own, whole in itself': {},
  'a review that was signed off': withReview({}),
  'a sign-off without a note': {
    entries: [signOff('', '{}')],
    change: reviewed({ note: null }),
  },
  'details with a fraction and members named by numbers': {
    entries: [row(1, 'checks.run', { 10: 1, share: 0.25, é: '\u2028😀' }), row(2)],
  },
  'no entries and no seals': set((b) => Object.assign(b, { entries: [], seals: [] })),
  'a review whose sign-off is claimed without an entry': withReview({ entry: null }),
  'results of a run, in any order': withResults((both) => both.toReversed()),
  'a result of a run that is claimed without the other': withResults(([one]) => [result(one)]),
  'a result that is claimed without an entry': set((b) => Object.assign(b, { checks: [result()] })),
  'a result that is claimed by no run': set((b) => Object.assign(b, { checks: [result({ run: undefined })] })),
  'a result that is claimed by the entry of an earlier build': {
    entries: [row(1, 'checks.run', { run: 'run_1' })],
    change: (b) => Object.assign(b, { checks: [result()] }),
  },
  'a result that is claimed by a signature of something else': {
    entries: [ranFor([result()], { signature: signed('another') })],
    change: (b) => Object.assign(b, { checks: [result()] }),
  },
  'a result that is claimed by a key that is not listed': {
    entries: [ranFor([result()], { signed_by: 'k2' })],
    change: (b) => Object.assign(b, { checks: [result()] }),
  },
  'a result that is claimed by a signature that is none': {
    entries: [ranFor([result()], { signature: 7 })],
    change: (b) => Object.assign(b, { checks: [result()] }),
  },
  'a result that is claimed by an entry of something else': {
    entries: [ranFor([result()]).replace('checks.run', 'checks.scenarios_played')],
    change: (b) => Object.assign(b, { checks: [result()] }),
  },
};

/** Other texts for one value, and values of other types. */
export const otherForms: Record<string, Forged> = {
  // Other texts for the same value, and the same text for other values.
  'a member twice': inText('"format"', '"format":"x","format"'),
  'entries twice, the first being others': inText('"entries":[', '"entries":[],"entries":['),
  'a member twice by an escape': inText('"format"', '"f\\u006frmat":"x","format"'),
  'an escape where none is needed': inText('"hub":"', '"hub":"\\u0061'),
  'white space': inText('"format":', '"format": '),
  'a number as 1.0': inText('"index":0', '"index":0.0'),
  'a number as 1e0': inText('"n":1', '"n":1e0'),
  'a number as -0': inText('"index":0', '"index":-0'),
  'a number beyond 2^53': inText('"not_sealed":0', '"not_sealed":9007199254740993'),
  NaN: inText('"not_sealed":0', '"not_sealed":NaN'),
  Infinity: inText('"not_sealed":0', '"not_sealed":-Infinity'),
  'a number that Python writes in another way': inText('"not_sealed":0', '"not_sealed":1e-7'),
  'a number of 22 digits': inText('"not_sealed":0', '"not_sealed":1000000000000000000000'),
  'a member named by a number, out of order': inText('"format"', '"x":{"2":1,"1":1},"format"'),
  'half of a character': inText('"hub":"', '"x":"\\ud800","hub":"'),
  'half of a character in a name': inText('"hub":"', '"\\ud800":1,"hub":"'),
  'nested beyond reading': inText('"format"', `"x":${'['.repeat(200)}${']'.repeat(200)},"format"`),
  'nested far beyond reading': inText('"format"', `"x":${'['.repeat(20_000)}${']'.repeat(20_000)},"format"`),
  // Other types.
  'a truth value for an index': set((b) => Object.assign(first(b.entries.slice(1)), { index: true })),
  'a truth value for a seal': set((b) => Object.assign(first(b.entries), { seal: true })),
  'a truth value for the number of a seal': set((b) => Object.assign(first(b.seals), { n: true })),
  'an index as text': set((b) => Object.assign(first(b.entries), { index: '0' })),
  'an index of a half': set((b) => Object.assign(first(b.entries), { index: 0.5 })),
  'an index below zero': set((b) => Object.assign(first(b.entries), { index: -1 })),
  'entries as an object': set((b) => Object.assign(b, { entries: {} })),
  'entries as a text': set((b) => Object.assign(b, { entries: '' })),
  'seals and entries as objects': set((b) => Object.assign(b, { entries: {}, seals: {} })),
  'checks as an object': set((b) => Object.assign(b, { checks: {} })),
  'a run as a number': set((b) => Object.assign(b, { checks: [result({ run: 7 })] })),
  'a check of no provider’s name': set((b) => Object.assign(b, { checks: [result({ provider: undefined })] })),
  'a result as a truth value': set((b) => Object.assign(b, { checks: [result({ result: true })] })),
  'reviews as an object': set((b) => Object.assign(b, { reviews: {} })),
  'a path as a text': set((b) => Object.assign(first(b.seals), { path: '' })),
  'no hub': set((b) => Object.assign(b, { hub: null })),
  'a hub that writes a line of its own': set((b) => Object.assign(b, { hub: `x\nsigned by ${forger.public}` })),
  'a hub that moves the cursor': set((b) => Object.assign(b, { hub: 'x\u009b2K' })),
  'another format': set((b) => Object.assign(b, { format: 'grantkeep/evidence/2' })),
};
