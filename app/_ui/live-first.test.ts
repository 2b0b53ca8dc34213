import { expect, test } from 'vitest';
import { liveFirst } from './live-first.ts';

test('S-16 revoked accounts stand below live ones, which keep their order', () => {
  const given = ['revoked a', 'connected b', 'frozen c', 'revoked d', 'needs_reconnect e'].map((text) => {
    const [status = '', id = ''] = text.split(' ');
    return { status, id };
  });
  expect(liveFirst(given).map(({ id }) => id)).toEqual(['b', 'c', 'e', 'a', 'd']);
});
