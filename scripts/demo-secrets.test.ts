import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { demoSecrets } from '#scripts/demo-secrets';

let home: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'grantkeep-secrets-'));
});

afterEach(() => rmSync(home, { recursive: true }));

test('the first run makes secrets that only their owner can read', () => {
  const folder = join(home, 'demo');
  const secrets = demoSecrets(folder);
  expect(secrets.SESSION_PASSWORD.length).toBeGreaterThanOrEqual(32);
  const key = secrets.VAULT_KEYS.slice(secrets.VAULT_KEYS.indexOf(':') + 1);
  expect(Buffer.from(key, 'base64')).toHaveLength(32);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'secrets.json')).mode & 0o777).toBe(0o600);
});

test('the next run keeps them, and another folder has its own', () => {
  const first = demoSecrets(join(home, 'demo'));
  expect(demoSecrets(join(home, 'demo'))).toEqual(first);
  expect(demoSecrets(join(home, 'other'))).not.toEqual(first);
});
