import { randomBytes } from 'node:crypto';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, expect, test } from '@playwright/test';
import postgres from 'postgres';
import { type Demo, startDemo } from '#demo/start';
import type { Bom } from '#scripts/bill-of-materials';
import { freePort } from '#scripts/postgres-server';
import type { RunningApp } from '../app-process.ts';
import { givenConnection, type ReachableApp, signInAs, someone, statusWithToken, vend } from '../steps.ts';
import { type StoryDatabase, storyDatabase } from '../story-database.ts';
import { buildImage, type Contained, type Image, logTo, sizeOf } from './image.ts';

/** MiB of the image and of the product in it. */
const mostSize = 350;

let image: Image;
test.beforeAll(async () => {
  image = await buildImage();
});
test.afterAll(() => image.remove());

test('the image holds Node 24 and the product, and nothing to build or to look around with', async () => {
  expect(await sizeOf(image.root)).toBeLessThanOrEqual(mostSize);
  const { status, output } = await image.capture(['/usr/local/bin/node', '--version'], {});
  expect([status, output]).toEqual([0, expect.stringMatching(/^v24\./)]);
  const programs = globSync('{bin,sbin,usr/bin,usr/sbin,usr/local/bin}/*', { cwd: image.root }).sort();
  expect(programs).toEqual(['usr/local/bin/grantkeep', 'usr/local/bin/node']);
  const product = join(image.root, 'opt/grantkeep');
  const tools = [
    'typescript',
    'esbuild',
    'vitest',
    '@biomejs',
    '@next/swc-linux-x64-gnu',
    'tailwindcss',
    '@playwright',
    'drizzle-kit',
    'sharp',
  ];
  expect(tools.filter((name) => existsSync(join(product, 'node_modules', name)))).toEqual([]);
  for (const folder of ['tests', 'e2e', 'demo', '.git', '.env', '.next/cache'])
    expect([folder, existsSync(join(product, folder))]).toEqual([folder, false]);
});

test('its user changes nothing of it, and has no rights', async () => {
  const look = `const fs = require('node:fs');
    const refused = ['/opt/grantkeep/server.ts', '/etc/passwd', '/new'].map((path) => {
      try { fs.writeFileSync(path, ''); return path; } catch ({ code }) { return code; }
    });
    console.log(JSON.stringify([process.getuid(), refused, fs.readFileSync('/proc/self/status', 'utf8').match(/CapEff:\\t(.*)/)[1]]));`;
  const { output } = await image.capture(['/usr/local/bin/node', '-e', look], {});
  expect(JSON.parse(output)).toEqual([10001, ['EROFS', 'EROFS', 'EROFS'], '0000000000000000']);
});

test('its bill of materials has every package that is in it, in the version that is in it', () => {
  const product = join(image.root, 'opt/grantkeep');
  const bom = JSON.parse(readFileSync(join(product, 'sbom.cdx.json'), 'utf8')) as Bom;
  expect(bom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1 });
  expect(bom.metadata.component).toMatchObject({ name: 'grantkeep' });
  const named = new Set(bom.components.map(({ name, version }) => `${name}@${version}`));
  for (const { name, version, purl, hashes } of bom.components) {
    expect(purl).toBe(`pkg:npm/${name.replace('@', '%40')}@${version}`);
    expect([name, hashes?.map(({ alg, content }) => `${alg} ${content.length}`)]).toEqual([name, ['SHA-512 128']]);
  }
  const packages = globSync('node_modules/{*,@*/*}/package.json', { cwd: product }).map((file) => {
    const { name, version } = JSON.parse(readFileSync(join(product, file), 'utf8')) as {
      name?: string;
      version?: string;
    };
    return name && version ? `${name}@${version}` : file;
  });
  expect(packages.length).toBeGreaterThan(40);
  expect(packages.filter((one) => !named.has(one))).toEqual([]);
});

type HubInImage = ReachableApp & Pick<RunningApp, 'log'>;

/** The hub in the image on a database of its own, with the demo's servers beside it. */
interface Stage {
  app: HubInImage;
  hub: Contained;
  environment: Record<string, string>;
  startHub(withVolume?: boolean): Promise<Contained>;
  close(): Promise<void>;
}

async function startStage(story: StoryDatabase): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-imagelog-'));
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const demo: Demo = await startDemo({ appUrl: url });
  // Beside the data, as a mounted file would lie.
  const providers = join(image.root, 'etc/providers.json');
  writeFileSync(providers, JSON.stringify(demo.providers));
  const owner = new URL(String(story.environment.DATABASE_URL));
  const role = `app_${randomBytes(6).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  const sql = postgres(owner.href, { max: 1, onnotice: () => {} });
  await sql.unsafe(`create role "${role}" login password '${password}'`);
  const serving = new URL(owner);
  Object.assign(serving, { username: role, password });
  const environment = {
    APP_URL: url,
    PORT: String(port),
    DATABASE_URL: serving.href,
    PROVIDERS_FILE: '/etc/providers.json',
    ADMIN_EMAILS: 'admin@example.com',
    SESSION_PASSWORD: randomBytes(32).toString('base64'),
    VAULT_KEYS: `image:${randomBytes(32).toString('base64')}`,
  };
  const grantkeep = async (...args: string[]) => {
    const { status, output } = await image.capture(['/usr/local/bin/grantkeep', ...args], environment);
    if (status !== 0) throw new Error(`grantkeep ${args.join(' ')} ended with status ${status}: ${output}`);
    return output;
  };
  expect(await grantkeep('config', 'check')).toContain('"ok":true');
  const migrated = await image.capture(['/usr/local/bin/grantkeep', 'migrate'], {
    ...environment,
    MIGRATE_DATABASE_URL: owner.href,
  });
  expect([migrated.status, migrated.output]).toEqual([0, `{"migrated":true,"granted_to":"${role}"}\n`]);
  const logFile = join(folder, 'hub.log');
  const startHub = async (withVolume = true) => {
    const hub = await image.start(image.settings.entrypoint, environment, { stdio: logTo(logFile), withVolume });
    await expect
      .poll(
        () =>
          fetch(`${url}/readyz`).then(
            ({ status }) => status,
            () => 0,
          ),
        { timeout: 60_000 },
      )
      .toBe(200);
    return hub;
  };
  const hub = await startHub();
  const app: HubInImage = { url, demo, grantkeep, log: () => readFileSync(logFile, 'utf8') };
  return {
    ...{ app, hub, environment, startHub },
    close: async () => {
      await demo.close();
      await sql.unsafe(`drop owned by "${role}" cascade`);
      await sql.unsafe(`drop role "${role}"`);
      await sql.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function connect(browser: Browser, app: HubInImage): Promise<string> {
  const page = await browser.newPage({ baseURL: app.url });
  await signInAs(page, app, someone());
  const connection = await givenConnection(page, app, 'google');
  await page.goto(`/connections/${connection}`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.close();
  return connection;
}

test('in the image: migrate, connect, vend, a kill, another start, and an end in order', async ({ browser }) => {
  const story = await storyDatabase('postgres');
  const stage = await startStage(story);
  const { app, environment } = stage;
  let { hub } = stage;
  try {
    const health = () => image.capture(image.settings.health, environment).then(({ status }) => status);
    expect(await health()).toBe(0);
    const connection = await connect(browser, app);
    const { access_token: token } = await vend(app, connection);
    expect(await statusWithToken(app, 'google', token)).toBe(200);

    hub.kill('SIGKILL');
    expect(await hub.ended).toBe(128 + 9);
    expect(await health()).toBe(1);
    // As in a pod, which has no folder of its own.
    hub = await stage.startHub(false);
    expect(await statusWithToken(app, 'google', (await vend(app, connection)).access_token)).toBe(200);

    hub.kill('SIGTERM');
    expect(await hub.ended).toBe(0);
    const lines = app
      .log()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; level: string });
    // No library had a fault to tell of, as of the read-only root.
    expect(lines.filter(({ level }) => level !== 'info')).toMatchObject([{ event: 'witness_not_kept' }]);
    expect(lines.at(-1)?.event).toBe('stopped');
  } finally {
    hub.child.kill('SIGKILL');
    await hub.ended;
    await stage.close();
    await story.close();
  }
});
