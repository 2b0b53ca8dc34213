import { expect, test } from 'vitest';
import { historySentence, isOfItself } from '#lib/connections/history-sentence';

type Told = Parameters<typeof historySentence>[0];
const proof: Told = { action: 'revocation.proved', outcome: 'ok', details: {} };

test.each<[Told, string]>([
  [{ ...proof, details: { proved: ['access_token'], accepted: [] } }, 'Access token proved dead at the provider'],
  [
    { ...proof, details: { proved: ['access_token', 'refresh_token'] } },
    'Access token and refresh token proved dead at the provider',
  ],
  [
    { ...proof, outcome: 'failed', details: { proved: ['refresh_token'], accepted: ['access_token'] } },
    'Access token still accepted by the provider',
  ],
  [
    { ...proof, action: 'replaced.proved', details: { proved: ['access_token'] } },
    'Replaced access token proved dead at the provider',
  ],
  [proof, 'Old tokens tried at the provider'],
  [{ ...proof, details: { proved: ['<script>'] } }, 'Old tokens tried at the provider'],
  [{ ...proof, details: { proved: 'access_token' } }, 'Old tokens tried at the provider'],
  [{ action: 'revocation.finished', outcome: 'ok', details: { state: 'revoked_upstream' } }, 'Revoked at the provider'],
  [
    { action: 'revocation.finished', outcome: 'ok', details: { state: 'unsupported' } },
    'Not revoked at the provider, which offers no way to',
  ],
  [
    { action: 'revocation.failed', outcome: 'failed', details: { state: 'pending' } },
    'Not yet revoked at the provider',
  ],
  [
    { action: 'revocation.failed', outcome: 'failed', details: { state: 'failed' } },
    'Not revoked at the provider, which could not be told',
  ],
  [{ action: 'token.vended', outcome: 'ok', details: { proved: ['access_token'] } }, 'Token read'],
  [
    { action: 'token.vended', outcome: 'ok', details: { purpose: 'invoices, refused or not' } },
    'Token read, for “invoices, refused or not”',
  ],
  [{ action: 'of another version', outcome: 'ok', details: {} }, 'of another version'],
])('%j reads %s', (event, expected) => {
  expect(historySentence(event)).toBe(expected);
});

test('what is done at providers is the hub’s doing, the decision is somebody’s', () => {
  const ofItself = [
    'revocation.finished',
    'revocation.proved',
    'replaced.failed',
    'revocation.drilled',
    'connection.revoked',
    'token.vended',
  ];
  expect(ofItself.filter(isOfItself)).toEqual(['revocation.finished', 'revocation.proved', 'replaced.failed']);
});
