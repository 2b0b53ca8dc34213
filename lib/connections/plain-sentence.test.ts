import { describe, expect, test } from 'vitest';
import { plainSentence } from '#lib/connections/plain-sentence';
import { type LedgerAction, ledgerActions } from '#lib/ledger/actions';

/** Entries that are about no connection of a person: their actor alone reads them, an administrator. */
const administrative =
  /^(?:api_key|vault|provider|configuration|ledger|webhook|alert|instance|bulk_revocation|checks|review)\./;
const told = Object.keys(ledgerActions).filter((action) => !administrative.test(action));

describe('S-10 what a person reads', () => {
  test.each(told)('%s has no word of tokens', (action) => {
    for (const outcome of ['ok', 'refused', 'failed'] as const)
      for (const state of ['revoked_upstream', 'unsupported', 'failed', 'pending']) {
        const details = { state, proved: ['access_token'], accepted: ['refresh_token'] };
        expect(plainSentence({ action, outcome, details })).not.toMatch(/token|grant\b|scope/i);
      }
  });

  test.each<[LedgerAction, Record<string, string>, string]>([
    ['token.vended', { purpose: 'invoices' }, 'Used, for “invoices”'],
    ['token.refreshed', {}, 'Renewed'],
    ['revocation.failed', { state: 'failed' }, 'The old access not ended at the provider, which could not be told'],
    ['revocation.proved', {}, 'The old access tried: the provider refuses it'],
    ['connection.created', {}, 'Connected'],
  ])('%s reads as it should', (action, details, words) => {
    expect(plainSentence({ action, outcome: 'ok', details })).toBe(words);
  });
});
