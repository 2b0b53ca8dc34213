import { expect, test } from 'vitest';
import { recordConfiguration } from '#lib/audit/record-configuration';
import { type Runtime, systemContext } from '#lib/context';
import { sharedDatabase } from '#tests/database';
import { createRuntime, entries, plainRecord } from '#tests/hub';

const database = sharedDatabase();

async function start(records: Record<string, unknown>[], change: (runtime: Runtime) => void = () => {}) {
  const runtime = createRuntime(database.current, records);
  change(runtime);
  await recordConfiguration(systemContext(runtime, 'start'));
  const found = await entries(runtime);
  return found.map(({ action, details }) => [action, details.first ? 'first' : details.changed]);
}

test('a start records what is configured, where it differs from the last, and no secret', async () => {
  const acme = plainRecord('http://127.0.0.1:9');
  const recorded: unknown[] = [['configuration.changed', 'first']];
  expect(await start([acme])).toEqual(recorded);
  expect(await start([acme])).toEqual(recorded);
  recorded.push(['configuration.changed', ['provider:acme']]);
  expect(await start([{ ...acme, client_secret: 'another-secret' }])).toEqual(recorded);
  recorded.push(['configuration.changed', ['provider:beta']]);
  const both = [{ ...acme, client_secret: 'another-secret' }, plainRecord('http://127.0.0.1:9', 'beta')];
  expect(await start(both)).toEqual(recorded);
  recorded.push(['configuration.changed', ['admin_emails', 'provider:beta']]);
  expect(
    await start(both.slice(0, 1), (runtime) => {
      runtime.config.adminEmails = ['ada@example.com'];
    }),
  ).toEqual(recorded);
  const all = JSON.stringify(await entries(createRuntime(database.current, [])));
  for (const secret of ['another-secret', 'not-a-real-secret', 'ada@example.com']) expect(all).not.toContain(secret);
});
