import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { end } from '#scripts/processes';
import { addApiKey } from '#tests/hub';
import { installCommands } from '#tests/sdk/application-folder';
import { applicationInTest } from '#tests/sdk/client-package';
import { connectedHub } from '#tests/sdk/connected-hub';
import { providerApi } from '#tests/sdk/provider-api';
import { signedMessage } from '#tests/sdk/webhook-messages';
import { listenOnLoopback } from '#tests/servers/loopback';

const page = readFileSync(new URL('../../docs/sdk.md', import.meta.url), 'utf8');

/** A block of the page, by a line that it alone has. */
function block(language: string, has: string): string {
  const blocks = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].filter(
    ([, own, text = '']) => own === language && text.includes(has),
  );
  if (blocks.length !== 1) throw new Error(`${blocks.length} blocks of ${language} have ${has}`);
  ran.add(blocks[0]?.[2] ?? '');
  return blocks[0]?.[2] ?? '';
}
const ran = new Set<string>();

const world = connectedHub(['google', 'github']);
const application = applicationInTest();
let provider: Awaited<ReturnType<typeof providerApi>>;
let key: string;

beforeAll(async () => {
  provider = await providerApi({
    '/user': () => `${world.hub.demo.server('github').url}/api/user`,
    '/oauth2/v2/userinfo': () => `${world.hub.demo.providers.find(({ id }) => id === 'google')?.userinfo_endpoint}`,
  });
});
afterAll(() => provider.close());
beforeEach(async () => {
  const scopes = ['tokens:vend', 'connections:read', 'webhooks:manage'] as const;
  ({ key } = await addApiKey(world.hub.runtime, { scopes: [...scopes] }));
});

/** The lines of the page with the addresses of this test in place of those out there. */
const here = (text: string): string =>
  text
    .replaceAll('https://connect.example.com', world.door.url)
    .replaceAll('https://api.github.com', provider.url)
    .replaceAll('new Octokit({', `new Octokit({ baseUrl: '${provider.url}',`)
    .replaceAll("{ version: 'v2', auth }", `{ version: 'v2', auth, rootUrl: '${provider.url}/' }`);

/** Runs a block of JavaScript in the application. */
async function runBlock(has: string, connection: string) {
  application.folder.write('block.js', here(block('js', has)));
  return application.folder.run(process.execPath, ['block.js'], { GRANTKEEP_KEY: key, CONNECTION: connection });
}

/** Compiles a block of TypeScript as a strict application does, into `typed.js`. */
async function compileBlock(has: string) {
  application.folder.write('typed.ts', here(block('ts', has)));
  const tsc = new URL('../../node_modules/.bin/tsc', import.meta.url).pathname;
  const options = ['--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022', '--types', 'node'];
  expect(await application.folder.run(tsc, [...options, 'typed.ts'])).toEqual({ status: 0, output: '' });
}

test('the commands that install the client are those that every test of it runs', () => {
  expect(block('sh', 'npm pack')).toBe(`${installCommands.join('\n')}\n`);
});

test('the first call works as TypeScript and as JavaScript, on each Node that is here', async () => {
  const connection = await world.connect('github');
  await compileBlock('async function login');
  const env = { GRANTKEEP_KEY: key, CONNECTION: connection };
  for (const node of [process.execPath, '/usr/bin/node']) {
    const version = (await application.folder.run(node, ['--version'])).output;
    if (node !== process.execPath && !/^v(?:2\d|[3-9]\d)\./.test(version)) continue;
    expect(await application.folder.run(node, ['typed.js'], env)).toMatchObject({
      status: 0,
      output: 'ada-lovelace\n',
    });
  }
  world.hub.demo.server('github').withdraw();
  await world.expire(connection);
  expect((await application.folder.run(process.execPath, ['typed.js'], env)).output).toContain(
    "code: 'grant_in_doubt'",
  );
  await world.confirmEnd(connection);
  expect(await application.folder.run(process.execPath, ['typed.js'], env)).toMatchObject({
    status: 0,
    output: `Reconnect the account at ${world.door.url}/connections/${connection}\n`,
  });
});

test('a scope that the connection lacks is told with its page', async () => {
  world.hub.demo.server('github').switches.shrink_scopes = ['repo'];
  const connection = await world.connect('github');
  const { output } = await runBlock("scopes: ['repo']", connection);
  const link = new URLSearchParams({ provider: 'github', return_to: `/connections/${connection}` });
  expect(output).toBe(`repo can be added at ${world.door.url}/connect?${link}\n`);
});

test.each([
  ['grantkeepFetch', 'github', 'const github = grantkeepFetch', 'ada-lovelace\n'],
  ['octokit', 'github', 'new Octokit', 'ada-lovelace\n'],
  ['googleapis', 'google', 'withGrantkeep(', 'ada@example.com\n'],
] as const)('the adapter for %s', async (_, at, has, output) => {
  expect(await runBlock(has, await world.connect(at))).toEqual({ status: 0, output });
});

test('operations are called by name, typed', async () => {
  const connection = await world.connect('github');
  await compileBlock("hub.call('listConnections'");
  const { status, output } = await application.folder.run(process.execPath, ['typed.js'], { GRANTKEEP_KEY: key });
  expect([status, output.split('\n')]).toEqual([0, expect.arrayContaining([`${connection} ada-lovelace`])]);
});

test('webhooks: a true message is taken, also after a rotation; others are refused', async () => {
  const { port, close } = await listenOnLoopback(createServer());
  await close();
  const { config } = world.hub.runtime;
  world.hub.runtime.config = { ...config, webhookInternalHosts: [`127.0.0.1:${port}`] };
  onTestFinished(() => void Object.assign(world.hub.runtime, { config }));
  const { createClient } = await application.client();
  const grantkeep = createClient({ url: world.door.url, apiKey: key });
  const url = `http://127.0.0.1:${port}/hooks`;
  const { id, secret } = await grantkeep.call('createWebhook', { body: { name: 'app', url } });
  application.folder.write('block.js', block('js', 'express.raw'));
  const app = application.folder.start(process.execPath, ['block.js'], application.folder.path(), {
    PORT: String(port),
    WEBHOOK_SECRETS: secret,
  });
  const told: string[] = [];
  app.stdout?.setEncoding('utf8').on('data', (text: string) => told.push(...text.trim().split('\n')));
  const receives = () => fetch(url, { method: 'POST', headers: { connection: 'close' } });
  await expect
    .poll(() =>
      receives().then(
        ({ status }) => status,
        () => null,
      ),
    )
    .toBe(400);
  const test = async () => (await grantkeep.call('testWebhook', { path: { id } })).status;
  expect(await test()).toBe(204);
  await grantkeep.call('rotateWebhookSecret', { path: { id } });
  expect(await test()).toBe(204);
  const send = async ({ body, headers }: ReturnType<typeof signedMessage>, changed = body) => {
    const own = { ...headers, 'content-type': 'application/json', connection: 'close' };
    return (await fetch(url, { method: 'POST', headers: own, body: changed })).status;
  };
  const message = signedMessage(secret);
  expect(await send(message)).toBe(204);
  expect(await send(message, message.body.replace('whk_1', 'whk_2'))).toBe(400);
  expect(await send(signedMessage())).toBe(400);
  expect(await send(signedMessage(secret, new Date(Date.now() - 360_000)))).toBe(400);
  expect(told.filter((line) => line === 'webhook.test')).toHaveLength(3);
  await end(app);
});

test('Python: a call, and a message', async () => {
  const connection = await world.connect('github');
  application.folder.write(
    'grantkeep.py',
    readFileSync(new URL('../../sdk/python/grantkeep.py', import.meta.url), 'utf8'),
  );
  application.folder.write('call.py', here(block('python', 'def login')));
  const env = { GRANTKEEP_KEY: key, CONNECTION: connection };
  expect(await application.folder.run('/usr/bin/python3', ['call.py'], env)).toEqual({
    status: 0,
    output: 'ada-lovelace\n',
  });
  application.folder.write('message.py', block('python', 'verify_webhook'));
  const { body, headers, secret } = signedMessage();
  const variables = Object.entries(headers).map(([name, value]) => [name.toUpperCase().replaceAll('-', '_'), value]);
  application.folder.write('body', body);
  const shown = { ...Object.fromEntries(variables), WEBHOOK_SECRETS: secret } as Record<string, string>;
  expect(await application.folder.run('sh', ['-c', '/usr/bin/python3 message.py < body'], shown)).toEqual({
    status: 0,
    output: 'webhook.test\n',
  });
});

test('Python: the token does not follow a redirect to another host', async () => {
  const connection = await world.connect('github');
  const shown: (string | undefined)[] = [];
  const stranger = await listenOnLoopback(
    createServer(({ headers }, response) => {
      shown.push(headers.authorization);
      response.writeHead(200, { connection: 'close' }).end('{"login": "stranger"}');
    }),
  );
  onTestFinished(() => stranger.close());
  const location = `http://127.0.0.1:${stranger.port}/user`;
  const moved = await listenOnLoopback(
    createServer((_request, response) => response.writeHead(302, { location, connection: 'close' }).end()),
  );
  onTestFinished(() => moved.close());
  application.folder.write(
    'grantkeep.py',
    readFileSync(new URL('../../sdk/python/grantkeep.py', import.meta.url), 'utf8'),
  );
  const lines = here(block('python', 'def login')).replaceAll(provider.url, `http://127.0.0.1:${moved.port}`);
  application.folder.write('call.py', lines);
  const env = { GRANTKEEP_KEY: key, CONNECTION: connection };
  expect((await application.folder.run('/usr/bin/python3', ['call.py'], env)).status).toBe(0);
  expect(shown).toEqual([undefined]);
});

test('the lines about connecting are those of the example, which has a test of its own', () => {
  const example = readFileSync(new URL('../../examples/express/app.js', import.meta.url), 'utf8');
  for (const has of ['createConnect({', "app.post('/connect'"]) expect(example).toContain(block('js', has));
});

test('every block of the page is run by a test', () => {
  const blocks = [...page.matchAll(/^```\w+\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
  expect(blocks.filter((text) => !ran.has(text))).toEqual([]);
});
