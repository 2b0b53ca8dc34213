import { readFileSync, writeFileSync } from 'node:fs';
import { sql } from 'drizzle-orm';
import { brokenWords, cutOff, spilled } from './look.ts';
import { expect, test } from './week-hub.ts';

/** As long as each may be, without a place to break: what somebody else names, the hub must show. */
const unbroken = (letter: string, length: number) => letter.toUpperCase() + letter.repeat(length - 1);
const longest = { provider: 60, account: 255, person: 255, email: 200, key: 100, purpose: 200, webhook: 100, url: 500 };

test('no short word is broken in two, on a telephone, a tablet and a desk', async ({ pages }) => {
  const broken: string[] = [];
  for (const { by, path } of pages) {
    await by.goto(path);
    await by.getByRole('heading', { level: 1 }).first().waitFor();
    broken.push(...(await brokenWords(by)).map((what) => `${path}: ${what}`));
  }
  expect(broken).toEqual([]);
});

test('names as long as they may be leave every page whole, on a telephone, a tablet and a desk', async ({
  pages,
  app,
  second,
}) => {
  await second.rows(sql`update people set name = ${unbroken('n', longest.person)} where application_id is null`);
  await second.rows(sql`update people set email = id || ${unbroken('e', longest.email)} || '@example.com'
    where email is not null and not admin_by_config`);
  await second.rows(sql`update connections set label = ${unbroken('l', longest.account)}`);
  await second.rows(sql`update api_keys set name = ${unbroken('k', longest.key)}, owner = ${unbroken('o', longest.key)},
    purpose = ${unbroken('p', longest.purpose)}`);
  await second.rows(sql`update applications set name = ${unbroken('a', longest.key)}`);
  await second.rows(sql`update webhook_endpoints set name = ${unbroken('w', longest.webhook)},
    url = 'https://hooks.example/' || ${unbroken('u', longest.url - 22)}`);
  const file = String(app.environment.PROVIDERS_FILE);
  const records = JSON.parse(readFileSync(file, 'utf8')) as { id: string; name?: string }[];
  for (const record of records) record.name = unbroken(record.id[0] ?? 'p', longest.provider);
  writeFileSync(file, JSON.stringify(records), { mode: 0o600 });
  await app.end();
  app.environment.ORGANISATION_NAME = unbroken('h', 60);
  await app.start();

  const broken: string[] = [];
  for (const { by, path } of pages) {
    await by.goto(path);
    await by.getByRole('heading', { level: 1 }).first().waitFor();
    broken.push(...[...(await cutOff(by)), ...(await spilled(by))].map((what) => `${path}: ${what}`));
  }
  expect(broken).toEqual([]);
});
