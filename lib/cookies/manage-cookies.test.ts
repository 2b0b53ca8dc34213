import { expect, test } from 'vitest';
import { parseConfig } from '#lib/config/config';
import { readManaged, writeManaged } from '#lib/cookies/manage-cookies';
import { newId, newSecret } from '#lib/ids';
import { hubEnvironment } from '#tests/hub';
import { CookieMap } from '#tests/visitor';

const config = parseConfig({ ...hubEnvironment, APP_URL: 'https://hub.example.com', SIGN_IN_ALLOW: 'acme:*' });

/** Opens so many pages of connections in a browser, the oldest first. */
async function opened(pages: number) {
  const jar = new CookieMap();
  const made = Array.from({ length: pages }, () => ({ id: newId('cns'), secret: newSecret() }));
  for (const [n, page] of made.entries()) await writeManaged(config, jar, page, new Date(1_764_000_000_000 + n));
  return { jar, made };
}

test('a browser keeps the newest five pages of connections, within the documented length', async () => {
  const { jar, made } = await opened(7);
  const found = await Promise.all(made.map(({ id }) => readManaged(config, jar, id)));
  expect(found).toEqual(made.map(({ secret }, n) => (n < 2 ? undefined : secret)));
  const header = jar
    .getAll()
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ');
  // docs/deployment.md says so.
  expect(header.length).toBeLessThanOrEqual(2_100);
});

test.each<[what: string, name: (own: string, other: string) => string]>([
  ['the name of another page', (own, other) => own.replace(/cns_\w+$/, other)],
  ['the name of a flow', (own) => own.replace('gk_manage_', 'gk_tx_')],
  ['a name without the prefix that binds it to the host', (own) => own.replace('__Host-', '')],
])('a cookie under %s opens no page', async (_what, named) => {
  const { jar, made } = await opened(1);
  const [cookie] = jar.getAll();
  const other = newId('cns');
  const moved = new CookieMap();
  moved.values.set(named(cookie?.name ?? '', other), cookie?.value ?? '');
  for (const id of [made[0]?.id ?? '', other, '', 'x', '__proto__'])
    expect(await readManaged(config, moved, id)).toBeUndefined();
});
