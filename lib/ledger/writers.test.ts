import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const sources = globSync([
  'lib/**/*.ts',
  'app/**/*.{ts,tsx}',
  'server.ts',
  'proxy.ts',
  'instrumentation.ts',
  'scripts/**/*.{ts,mjs}',
])
  .filter((path) => !/\.test\.tsx?$/.test(path))
  .map((path): [string, string] => [path, readFileSync(path, 'utf8')]);

const inserts = /\.insert\(\s*ledger\s*\)|insert\s+into\s+"?ledger\b/i;
const changes = /\.(?:update|delete)\(\s*ledger\s*\)|(?:update|delete\s+from|truncate(?:\s+table)?)\s+"?ledger\b/i;
const sealChanges =
  /\.(?:update|delete)\(\s*ledgerSeals\s*\)|(?:update|delete\s+from|truncate(?:\s+table)?)\s+"?ledger_seals\b/i;

test('only lib/ledger appends to the ledger', () => {
  const writers = sources.filter(([, text]) => inserts.test(text)).map(([path]) => path);
  expect(writers).toContain('lib/ledger/record.ts');
  expect(writers.filter((path) => !path.startsWith('lib/ledger/'))).toEqual([]);
});

test('nothing changes or removes what was written', () => {
  expect(sources.filter(([, text]) => changes.test(text)).map(([path]) => path)).toEqual([]);
});

test('nothing changes or removes a seal', () => {
  const touched = sources.filter(([, text]) => sealChanges.test(text)).map(([path]) => path);
  expect(touched).toEqual([]);
  for (const text of ['tx.update(ledgerSeals)', 'delete from ledger_seals', 'truncate "ledger_seals"'])
    expect(text).toMatch(sealChanges);
});

test('these patterns see what they look for', () => {
  for (const text of ['tx.insert(ledger)', 'INSERT INTO ledger', 'insert into "ledger"']) expect(text).toMatch(inserts);
  for (const text of ['tx.update(ledger)', 'db.delete( ledger )', 'delete from ledger', 'truncate table "ledger"'])
    expect(text).toMatch(changes);
});
