import { expect, test } from 'vitest';
import { historyText } from './history-text.ts';

test.each([
  ['token.vended', 'Token read', 37, 'billing-sync', 'Token read 37 times by billing-sync'],
  [
    'token.vended',
    'Token read, for “invoices, refused or not”',
    2,
    'billing-sync',
    'Token read twice by billing-sync, for “invoices, refused or not”',
  ],
  ['token.denied', 'Token refused', 2, 'billing-sync', 'Token refused twice to billing-sync'],
  ['flow.refused', 'Connecting refused', 1, 'You', 'Connecting refused for you'],
  [
    'flow.refused',
    'Connecting refused, the provider says access_denied',
    2,
    'You',
    'Connecting refused twice for you, the provider says access_denied',
  ],
  ['connection.revoked', 'Disconnected', 1, 'An administrator', 'Disconnected by an administrator'],
  ['connection.created', 'Connected', 1, 'You', 'Connected by you'],
  ['token.refreshed', 'Token refreshed', 1, 'Grantkeep', 'Token refreshed'],
])('%s is told as a sentence', (action, sentence, count, by, expected) => {
  expect(historyText({ action, sentence, count, by })).toBe(expected);
});
