import { expect, test } from 'vitest';
import type { ProofView, RevocationView } from '#lib/connections/views';
import { plainProof, plainTry } from './plain-evidence.ts';

type Try = ProofView['tokens'][number];
const states = ['none', 'due', 'proved', 'still_accepted', 'not_provable'] as const;
const proofOf = (state: ProofView['state'], upstream: RevocationView['state'] = 'revoked_upstream') =>
  plainProof(
    { state: upstream, proof: { state, provedAt: null, tokens: [], selfContained: false, honouredUntil: null } },
    'Okta',
  );

test('what a person reads of the evidence has no tokens in it', () => {
  const texts = states.map((state) => proofOf(state)?.title ?? '');
  for (const token of ['access_token', 'refresh_token'] as const)
    for (const before of ['accepted', 'refused', 'unknown'] as const)
      for (const after of ['accepted', 'refused', 'expired', 'unknown'] as const)
        texts.push(plainTry({ token, by: 'userinfo', before, after, at: '' } as Try));
  expect(texts.filter((text) => text === '' || /token|introspect/i.test(text))).toEqual([]);
});

test('only what was tried and refused is called so', () => {
  expect(proofOf('proved')).toMatchObject({ tone: 'good', moment: true });
  for (const state of states.filter((one) => one !== 'proved')) {
    expect(proofOf(state)?.tone).not.toBe('good');
    expect(proofOf(state)?.moment).toBe(false);
  }
  for (const upstream of ['pending', 'unsupported', 'failed'] as const) expect(proofOf('none', upstream)).toBeNull();
  const tried = { token: 'access_token', by: 'userinfo', before: 'refused', after: 'refused', at: '' } as Try;
  expect(plainTry(tried)).toContain('not known');
});
