import { expect, test } from 'vitest';
import { historyText } from './history-text.ts';

test.each([
  ['token.vended', 'Token read', 37, 'billing-sync', 'Token read 37 times by billing-sync'],
  ['token.denied', 'Token refused', 2, 'billing-sync', 'Token refused twice to billing-sync'],
  ['connection.revoked', 'Disconnected', 1, 'An administrator', 'Disconnected by an administrator'],
  ['connection.created', 'Connected', 1, 'You', 'Connected by you'],
  ['token.refreshed', 'Token refreshed', 1, 'Grantkeep', 'Token refreshed'],
])('%s is told as a sentence', (action, sentence, count, by, expected) => {
  expect(historyText({ action, sentence, count, by })).toBe(expected);
});
