import { describe, expect, test } from 'vitest';
import type { RequestStory } from '#lib/search/request-story';
import { adviceParts, storyTitle } from './story-words.ts';

const entry = { actor: { type: 'person', id: 'per_1', name: 'Ada' }, sentence: 'Connected' } as RequestStory['end'];
const refusal = { code: 'access_denied', sentence: null, advice: null };
const story = { reference: 'req_1', end: entry, tried: 'connect', refusal } as const;

describe('what a request came to, in a sentence', () => {
  const nobody = { ...entry, actor: { type: 'anonymous', id: '', name: null } } as RequestStory['end'];
  test.each<[string, Parameters<typeof storyTitle>[0]]>([
    ['Ada could not connect GitHub', story],
    ['Ada: Connected', { ...story, refusal: null }],
    ['Somebody who was not signed in was refused', { ...story, end: nobody, tried: null }],
    ['Request req_1', { ...story, end: null }],
  ])('%s', (title, told) => {
    expect(storyTitle(told, 'GitHub')).toBe(title);
  });
});

test('an advice becomes a sentence, with exact names apart', () => {
  expect(adviceParts('Mend `scopes`, or make it *external*')).toEqual([
    { text: 'Mend ', exact: false },
    { text: 'scopes', exact: true },
    { text: ', or make it external.', exact: false },
  ]);
});
