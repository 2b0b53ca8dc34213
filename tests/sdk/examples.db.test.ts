import { readFileSync } from 'node:fs';
import { desc } from 'drizzle-orm';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { connections } from '#lib/db/schema/connections';
import { freePort } from '#scripts/postgres-server';
import { end } from '#scripts/processes';
import { needPython } from '#scripts/python-package';
import { addApplication } from '#tests/application';
import { type Example, startExample } from '#tests/sdk/application-folder';
import { applicationInTest } from '#tests/sdk/client-package';
import { connectedHub } from '#tests/sdk/connected-hub';
import { ExampleBrowser } from '#tests/sdk/example-browser';
import { providerApi } from '#tests/sdk/provider-api';
import { Visitor } from '#tests/visitor';

const world = connectedHub(['github']);
const { hub } = world;
const application = applicationInTest();
let provider: Awaited<ReturnType<typeof providerApi>>;
let people = 0;

beforeAll(async () => {
  provider = await providerApi({ '/user': () => `${hub.demo.server('github').url}/api/user` });
  await needPython('flask');
});
afterAll(() => provider.close());

/** Next's takes a build: it runs in the browser's stories alone. */
const cheap: Example[] = ['express', 'flask'];

/** Runs an example as an application that is registered at the hub, until the test is over. */
async function run(name: Example) {
  const url = `http://127.0.0.1:${await freePort()}`;
  const { addKey } = await addApplication(hub.runtime, { returnUrls: [`${url}/connected`] });
  const scopes = ['connections:create', 'connections:read', 'connections:revoke', 'tokens:vend'] as const;
  const key = await addKey({ scopes: [...scopes] });
  const child = await startExample(application.folder, name, {
    ...{ HUB_URL: world.door.url, GRANTKEEP_KEY: key, APP_URL: url, PORT: new URL(url).port },
    GITHUB_API: provider.url,
  });
  onTestFinished(() => end(child));
  const browser = async (user: string) => {
    people += 1;
    const made = new ExampleBrowser(url, new Visitor(hub.runtime), `example-${people}@example.com`);
    await made.signIn(user);
    return made;
  };
  return { browser };
}

/** The connection that was made last. */
async function newest(): Promise<string> {
  const [row] = await hub.database.db
    .select({ id: connections.id })
    .from(connections)
    .orderBy(desc(connections.createdAt))
    .limit(1);
  return row?.id ?? '';
}

test.each(cheap)('%s: connect, use, reconnect after the provider ended it, disconnect', async (name) => {
  const { browser } = await run(name);
  const ada = await browser('Ada <b>');
  expect(await ada.read('/')).toContain('You are Ada &');
  expect(await ada.read('/')).toContain('GitHub: not connected');
  expect(await ada.grant(await ada.begin())).toMatch(/GitHub: [^,]+, connected/);
  expect(await ada.read('/me')).toMatch(/^At GitHub you are [\w-]+\.$/);

  const id = await newest();
  hub.demo.server('github').withdraw();
  expect(await ada.read('/me')).toContain('That did not work: grant_in_doubt.');
  await world.confirmEnd(id);
  await world.expire(id);
  expect(await ada.read('/me')).toContain('That did not work: needs_reconnect.');
  expect(await ada.read('/')).toMatch(/GitHub: [^,]+, needs_reconnect/);
  expect(await ada.grant(await ada.begin())).toMatch(/GitHub: [^,]+, connected/);
  expect(await newest()).toBe(id);
  expect(await ada.read('/me')).toMatch(/^At GitHub you are [\w-]+\.$/);

  await ada.ask('/disconnect', {});
  expect(await ada.read('/')).toContain('GitHub: not connected');
});

test.each(cheap)('%s: a link that was handed on, and a page of another site, connect nothing', async (name) => {
  const { browser } = await run(name);
  const [mallory, ada] = [await browser('Mallory'), await browser('Ada')];
  expect(await ada.grant(await mallory.begin())).toContain('That did not work: connect_not_begun.');
  for (const one of [mallory, ada]) expect(await one.read('/')).toContain('GitHub: not connected');
  expect((await ada.ask('/connect', {}, 'cross-site')).status).toBe(409);
});

const files: Record<Example, string[]> = {
  express: ['app.js'],
  flask: ['app.py'],
  next: ['hub.ts', 'app/connect/route.ts', 'app/connected/route.ts'],
};

test.each(Object.entries(files))('%s: has less than sixty lines about connecting', (name, own) => {
  const lines = own.flatMap((file) => readFileSync(`examples/${name}/${file}`, 'utf8').split('\n'));
  const code = lines.filter((line) => line.trim() !== '' && !/^\s*(?:\/\/|#|""")/.test(line));
  expect(code.length).toBeLessThan(60);
});

test('the examples have the versions of the packages that they are tested with', () => {
  const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>>;
  const tested = read('package.json');
  for (const name of ['express', 'next']) {
    const { '@grantkeep/client': client, ...others } = read(`examples/${name}/package.json`).dependencies ?? {};
    expect(client).toBe(`file:../grantkeep-client-${read('sdk/package.json').version}.tgz`);
    expect({ ...tested.dependencies, ...tested.devDependencies }).toMatchObject(others);
  }
});
