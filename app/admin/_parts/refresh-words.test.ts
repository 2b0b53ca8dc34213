import { expect, test } from 'vitest';
import { countedTo } from '#lib/status/provider-activity';
import { countText, failureText } from './refresh-words.ts';

test('counts are written out up to where counting ended', () => {
  expect(countText(0)).toBe('0');
  expect(countText(1204)).toBe('1,204');
  expect(countText(countedTo)).toBe('10,000');
  expect(countText(countedTo + 1)).toBe('10,000+');
});

test('every code has a sentence: its own, that of the error, or where to look', () => {
  expect(failureText('provider_timeout')).toBe('It did not answer in time.');
  expect(failureText('vault_tampered')).toBe('A stored token was altered.');
  for (const code of ['something_new', 'toString', null]) expect(failureText(code)).toContain('log');
});
