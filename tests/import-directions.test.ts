import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { breaches, domains, floors, importedDomains, isKnownPart } from '#tests/import-rules';
import { readSource } from '#tests/source-facts';

const files = globSync(['{app,lib,demo,scripts,tests,e2e,bench,sdk/src}/**/*.{ts,tsx,mjs}', '*.{ts,mjs}']).sort();
const sources = files.map((file) => readSource(file));

test('imports run downwards in every file', () => {
  expect(sources.flatMap(breaches)).toEqual([]);
});

test('every part of the product has its line in the rules', () => {
  expect(files.filter((file) => !isKnownPart(file))).toEqual([]);
});

test('a domain imports only domains whose row stands before its own, so no two import each other', () => {
  const rows = Object.keys(domains);
  const upwards = Object.entries(domains).flatMap(([domain, below]) =>
    below.filter((one) => rows.indexOf(one) === -1 || rows.indexOf(one) >= rows.indexOf(domain)),
  );
  expect(upwards).toEqual([]);
});

test('each domain may import what it imports, and no other', () => {
  const used = sources.flatMap(importedDomains);
  const unused = Object.entries(domains).flatMap(([domain, below]) =>
    below.filter((one) => !used.includes(`${domain} → ${one}`)).map((one) => `${domain} → ${one}`),
  );
  expect(unused).toEqual([]);
});

test('the architecture shows the floors', () => {
  const drawn = floors()
    .map((row, floor) => `${floor + 1}  ${row.sort().join(', ')}`)
    .reverse()
    .join('\n');
  expect(readFileSync('docs/architecture.md', 'utf8')).toContain(`\`\`\`text\n${drawn}\n\`\`\``);
});

// Each rule must find an offender, in whatever form the import is written.
test.each([
  ['lib/oauth/a.ts', "import { db } from '#lib/db/open';"],
  ['lib/config/a.ts', "import { AppError } from '../errors.ts';"],
  ['lib/errors.ts', "export { record } from '#lib/ledger/record';"],
  ['lib/vault/a.ts', "const later = () => import('#lib/refresh/refresh');"],
  ['lib/db/a.ts', "export type Connection = import('#lib/connections/views').ConnectionView;"],
  ['lib/providers/a.ts', "import { exchange } from '#lib/oauth/exchange';"],
  ['lib/connections/a.ts', "import Page from '#app/page';"],
  ['lib/connections/a.ts', "import { startDemo } from '#demo/start';"],
  ['lib/connections/a.ts', "export * from '../../tests/database.ts';"],
  ['lib/api/a.ts', "import { createClient } from '../../sdk/src/index.ts';"],
  ['sdk/src/a.ts', "import { AppError } from '#lib/errors';"],
  ['sdk/src/a.ts', "import type { Page } from '@playwright/test';"],
  ['sdk/src/playwright/a.ts', "import { startDemo } from '#demo/start';"],
  ['app/page.tsx', "import { eq } from 'drizzle-orm';"],
  ['app/page.tsx', "import { sql } from 'drizzle-orm/sql';"],
  ['app/page.tsx', "import type { Db } from '#lib/db/database';"],
  ['app/page.tsx', "import { open } from '#lib/vault/open';"],
  ['app/admin/page.tsx', "import Other from '../connections/page.tsx';"],
  ['app/page.tsx', "import { cookies } from 'next/headers';"],
  ['lib/web/a.ts', "import { getIronSession } from 'iron-session';"],
  ['lib/api/a.ts', "import { NextResponse } from 'next/server';"],
  ['lib/alerts/a.ts', "import { cache } from 'next/cache';"],
  ['lib/log.ts', 'export const level = process.env.LOG_LEVEL;'],
  ['app/page.tsx', "export default () => <p>{process['env'].HOME}</p>;"],
  ['server.ts', 'const { PORT } = process.env;'],
  ['server.ts', "import { env } from 'node:process';"],
  ['lib/guards/a.ts', 'export const key = Math.random();'],
  ['lib/connections/a.ts', "import { revoke } from '#lib/revocation/revoke';"],
  ['lib/cookies/a.ts', "import { randomUUID } from 'node:crypto';\nexport const id = randomUUID();"],
])('an offender is found: %s with %s', (file, text) => {
  expect(breaches(readSource(file, text))).toHaveLength(1);
});

test.each([
  ['app/page.tsx', "import { list } from '#lib/connections/list';\nimport { headers } from '#lib/cookies/headers';"],
  [
    'lib/connections/a.ts',
    "import { withTransaction } from '#lib/db/database';\nimport { record } from '#lib/ledger/record';",
  ],
  ['lib/providers/a.ts', "import type { TokenSet } from '#lib/oauth/types';"],
  ['lib/connections/a.test.ts', "import { sharedDatabase } from '#tests/database';"],
  ['lib/config/a.ts', 'export const port = process.env.PORT;'],
  ['scripts/a.ts', 'export const port = process.env.PORT;'],
  ['lib/serve.ts', "import next from 'next';"],
  ['server.ts', "process.env.NEXT_MANUAL_SIG_HANDLE = 'true';"],
])('what the rules allow passes: %s with %s', (file, text) => {
  expect(breaches(readSource(file, text))).toEqual([]);
});

test('a file of views has types and closed lists; read-views.ts makes them from rows', () => {
  const made = files
    .filter((file) => /^lib\/.*\/views?\.ts$/.test(file))
    .filter(
      (file) => file.endsWith('/view.ts') || /^export (?:const|function|async)/m.test(readFileSync(file, 'utf8')),
    );
  expect(made).toEqual([]);
});
