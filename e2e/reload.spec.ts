import { randomBytes } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect as expectPlain, test as plainTest } from '@playwright/test';
import { capture } from '#scripts/processes';
import { plainRecord } from '#tests/hub';
import { startHubs } from './beyond/hubs.ts';
import { expect, test } from './fixtures.ts';
import { storyDatabase } from './story-database.ts';

/** The most that a change of the files may take in any process, with room for a slow machine. Milliseconds. */
const inForceWithin = 60_000;

test('a changed providers file is in force without a restart, and a faulty one changes nothing', async ({
  asAdmin: page,
  app,
  demo,
}) => {
  const file = String(app.environment.PROVIDERS_FILE);
  const records: unknown[] = demo.providers;
  // As a person writes it: into another file, which then takes the place.
  const write = (text: string) => {
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
  const added = { ...plainRecord('http://127.0.0.1:9', 'later'), name: 'Later Corporation' };
  const card = page.getByRole('region', { name: 'Later Corporation' });
  await page.goto('/connections');
  await expect(card).toHaveCount(0);
  try {
    write(JSON.stringify([...records, added]));
    await expect(async () => {
      await page.goto('/connections');
      await expect(card).toBeVisible({ timeout: 2_000 });
    }).toPass({ timeout: inForceWithin });

    write('[{ "id": "later"');
    const notice = page.getByText('A changed configuration was refused');
    await expect(async () => {
      await page.goto('/admin/status');
      await expect(notice).toBeVisible({ timeout: 2_000 });
    }).toPass({ timeout: inForceWithin });
    await expect(page.getByText(/PROVIDERS_FILE: .* is not valid JSON/)).toBeVisible();
    await page.goto('/connections');
    await expect(card).toBeVisible();
    await expect(app.grantkeep('reload')).rejects.toThrow('is not valid JSON');
  } finally {
    write(JSON.stringify(records));
  }
  expect(await app.grantkeep('reload')).toContain('"result":"in force"');
  await page.goto('/connections');
  await expect(card).toHaveCount(0);
  await page.goto('/admin/status');
  await expect(page.getByText('A changed configuration was refused')).toHaveCount(0);
  await page.goto('/admin/ledger?action=configuration.changed');
  await expect(page.getByText('Configuration changed').filter({ visible: true }).first()).toBeVisible();
});

plainTest('two processes take SIGHUP, a swapped link and the command, each in all processes', async () => {
  const story = await storyDatabase('postgres');
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-map-'));
  // A folder as Kubernetes mounts a ConfigMap: the file leads through a link that is swapped as a whole.
  const swap = (name: string, ids: string[]) => {
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(ids.map((id) => plainRecord(`http://127.0.0.1:9`, id))));
    symlinkSync(`${name}.json`, join(folder, 'next'));
    renameSync(join(folder, 'next'), join(folder, 'providers.json'));
  };
  swap('one', ['acme']);
  const databaseUrl = String(story.environment.DATABASE_URL);
  const environment = {
    PROVIDERS_FILE: join(folder, 'providers.json'),
    SESSION_PASSWORD: randomBytes(32).toString('base64'),
    VAULT_KEYS: `story:${randomBytes(32).toString('base64')}`,
    ...story.environment,
  };
  const stage = await startHubs({ count: 2, databaseUrl, environment });
  try {
    const told = (event: string) =>
      stage.hubs.map((hub) =>
        hub
          .log()
          .split('\n')
          .filter((line) => line.includes(`"event":"${event}"`)),
      );
    const counts = (event: string) => told(event).map((lines) => lines.length);
    swap('two', ['acme', 'beta']);
    await expectPlain.poll(() => counts('configuration_reloaded'), { timeout: inForceWithin }).toEqual([1, 1]);
    expectPlain(told('configuration_reloaded').flat().join()).toContain('"grantkeep.added":["beta"]');
    for (const { child } of stage.hubs) child.kill('SIGHUP');
    await expectPlain.poll(() => counts('configuration_reloaded'), { timeout: inForceWithin }).toEqual([2, 2]);
    const variables = { ...process.env, ...environment, APP_URL: 'http://localhost:1' } as NodeJS.ProcessEnv;
    const { status, output } = await capture(process.execPath, ['lib/cli/main.ts', 'reload'], { env: variables });
    expectPlain(
      output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).result),
    ).toEqual(['in force', 'in force']);
    expectPlain(status).toBe(0);
    expectPlain(counts('configuration_reloaded')).toEqual([3, 3]);
  } finally {
    await stage.close();
    await story.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
