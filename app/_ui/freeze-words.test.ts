import { expect, test } from 'vitest';
import type { FreezeScope } from '#lib/freezes/views';
import { actorWords } from '#ui/actor-words';
import { freezeAddress, freezeEffect, freezeObject, freezeSubject } from '#ui/freeze-words';

const freezeScopes: FreezeScope[] = ['everything', 'provider', 'person', 'api_key', 'connection'];

test('each kind of freeze has its own words, and leads to what it is over', () => {
  const words = freezeScopes.map((scope) => ({
    subject: freezeSubject({ scope, target: 'x/1', targetName: 'Ada' }),
    effect: freezeEffect(scope),
    address: freezeAddress({ scope, target: 'x/1' }),
  }));
  for (const key of ['subject', 'effect', 'address'] as const) {
    expect(new Set(words.map((word) => word[key])).size).toBe(freezeScopes.length);
  }
  expect(words.filter(({ address }) => address?.includes('x/1'))).toEqual([]);
});

test('within a sentence names keep their letters, and only our own words are written small', () => {
  expect(freezeScopes.map((scope) => freezeObject({ scope, target: 'x', targetName: 'Ada' }))).toEqual([
    'everything',
    'Ada',
    'all connections of Ada',
    'the API key Ada',
    'the connection Ada',
  ]);
});

test('what has no name is called by its id, and the hub’s own parts by what they are', () => {
  expect(freezeSubject({ scope: 'provider', target: 'acme', targetName: null })).toBe('acme');
  expect(actorWords({ id: 'per_1', name: 'Grace' })).toBe('Grace');
  expect(actorWords({ id: 'per_1', name: null })).toBe('per_1');
  expect(actorWords({ id: 'cli', name: null })).toBe('the command line');
});
