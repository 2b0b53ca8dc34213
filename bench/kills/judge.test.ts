import { describe, expect, test } from 'vitest';
import { type Grant, type Issue, take } from './authorization-server.ts';
import { type Evidence, judge } from './judge.ts';

const issue = (over: Partial<Issue> = {}): Issue => ({
  ...{ at: 1000, process: 'p1', shown: 'rt.g.0', accessToken: 'at.g.1', refreshToken: 'rt.g.1' },
  ...{ expiresAt: 4000, cut: false, answeredAfterMs: 20 },
  ...over,
});

/** A grant of one refresh by `p1` that ended when `p2` showed the same token again, and the known facts of it. */
function evidence(over: Partial<Evidence> = {}, grant: Partial<Grant> = {}): Evidence {
  const ending = { at: 9000, process: 'p2', shown: 'rt.g.0' };
  const made: Grant = { name: 'g', issues: [issue()], ending, live: new Set(), forgiven: new Map(), ...grant };
  return {
    grants: new Map([['g', made]]),
    rows: new Map([['g', { status: 'needs_reconnect', statusReason: 'answer_lost', accepted: false }]]),
    given: [],
    inLedger: new Set(),
    killed: new Map([['p1', 1010]]),
    serverCuts: [],
    ...over,
  };
}

const alive = (over: object = {}) => ({ status: 'connected', statusReason: null, accepted: true, ...over });
const given = (over: object = {}) => ({ requestId: 'r', grant: 'g', accessToken: 'at.g.1', askedAt: 3000, ...over });
const inLedger = new Set(['r']);
const connected = (row: object = {}) => ({ rows: new Map([['g', alive(row)]]) });

describe('what is told but not wrong', () => {
  test('a request that arrived a moment after its process was killed', () => {
    expect(judge(evidence({ killed: new Map([['p1', 999]]) }))).toMatchObject({ wrong: [], lostWithProcess: ['g'] });
  });

  test('an answer that died with the process that was killed', () => {
    expect(judge(evidence())).toMatchObject({
      ...{ wrong: [], lostWithProcess: ['g'], lostWithCut: [] },
      shownAgain: { g: [8000] },
    });
  });

  test.each<[string, Evidence]>([
    ['broke before it was written', evidence({ killed: new Map() }, { issues: [issue({ cut: true })] })],
    ['met a cut of its way', evidence({ killed: new Map(), serverCuts: [1500] })],
    [
      'came later than the hub waits',
      evidence({ killed: new Map() }, { issues: [issue({ answeredAfterMs: 12_000 })] }),
    ],
  ])('an answer that %s', (_name, found) => {
    expect(judge(found)).toMatchObject({ wrong: [], lostWithProcess: [], lostWithCut: ['g'] });
  });

  test('a grant that lives with its newest token in its row', () => {
    const found = evidence({ ...connected(), given: [given()], inLedger }, { ending: null });
    expect(judge(found)).toEqual({
      ...{ wrong: [], lostWithProcess: [], lostWithCut: [] },
      ...{ shownAgain: {}, acknowledged: 1 },
    });
  });
});

test.each<[string, Evidence]>([
  ['the process with the newest token lived', evidence({ killed: new Map() })],
  ['that process was killed long before the request arrived', evidence({ killed: new Map([['p1', -1]]) })],
  ['a caller was given the token before', evidence({ given: [given()], inLedger })],
  ['the loss is called something else', evidence({ rows: new Map([['g', alive({ status: 'needs_reconnect' })]]) })],
  ['the loss is not said', evidence(connected())],
  ['the row is gone', evidence({ rows: new Map() })],
  ['a living grant is given up', evidence({}, { ending: null })],
  ['a living grant’s newest token is in no row', evidence(connected({ accepted: false }), { ending: null })],
  ['the ledger does not know a token', evidence({ ...connected(), given: [given()] }, { ending: null })],
  [
    'the server does not know a token',
    evidence({ ...connected(), given: [given({ accessToken: 'at.g.2' })], inLedger }, { ending: null }),
  ],
  ['a token had expired', evidence({ ...connected(), given: [given({ askedAt: 4001 })], inLedger }, { ending: null })],
])('wrong: %s', (_name, found) => {
  expect(judge(found).wrong).toHaveLength(1);
});

test('the server forgives a replaced token for as long as it says, and ends the grant after that', () => {
  const grant: Grant = { name: 'g', issues: [], ending: null, live: new Set(['rt.g.0']), forgiven: new Map() };
  expect(take(grant, 'rt.g.0', 'p1', 60_000)).toBe('rt.g.1');
  expect(take(grant, 'rt.g.0', 'p2', 60_000)).not.toBeNull();
  grant.forgiven.set('rt.g.0', Date.now() - 1);
  expect(take(grant, 'rt.g.0', 'p3', 60_000)).toBeNull();
  expect(grant.ending).toMatchObject({ process: 'p3', shown: 'rt.g.0' });
});
