import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ConfigError, parseConfig } from '#lib/config/config';

const least = {
  APP_URL: 'http://localhost:3000',
  SESSION_PASSWORD: 'x'.repeat(32),
  VAULT_KEYS: `a:${Buffer.alloc(32).toString('base64')}`,
};

function faultsOf(variables: Record<string, string>): readonly string[] {
  try {
    parseConfig({ ...least, ...variables });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

/** A PROVIDERS_FILE with these entries, gone after the test. */
function providersFile(...entries: object[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'providers-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'providers.json'), JSON.stringify(entries));
  return join(folder, 'providers.json');
}

const google = { GOOGLE_CLIENT_ID: 'c', GOOGLE_CLIENT_SECRET: 's' };

test('the address of Salesforce’s pages is not taken for its login host', () => {
  expect(faultsOf({ SALESFORCE_LOGIN_URL: 'https://acme.lightning.force.com' })).toEqual([
    expect.stringContaining('SALESFORCE_LOGIN_URL'),
  ]);
  expect(faultsOf({ SALESFORCE_LOGIN_URL: 'https://acme.my.salesforce.com' })).toEqual([]);
});

test('an entry of the file may not take the id of a provider that the environment configures', () => {
  const entry = { id: 'google', name: 'Ours', preset: 'google', client_id: 'c', client_secret: 's' };
  expect(faultsOf({ PROVIDERS_FILE: providersFile(entry) })).toEqual([]);
  expect(faultsOf({ ...google, PROVIDERS_FILE: providersFile(entry) })).toEqual([
    expect.stringContaining('GOOGLE_CLIENT_ID'),
  ]);
});

test('faults of several entries and variables are listed together', () => {
  const file = providersFile({ id: 'a', name: 'A', client_id: 'c', client_secret: 's' }, { id: 'b', nam: 'B' });
  const faults = faultsOf({ GOOGLE_CLIENT_ID: 'c', PROVIDERS_FILE: file });
  expect(faults.join('\n')).toMatch(/GOOGLE_CLIENT_SECRET[\s\S]*0\.issuer[\s\S]*"nam"/);
});
