import { expect, test } from 'vitest';
import { commandSchema, runCommand } from '#lib/cli/commands';
import { systemContext } from '#lib/context';
import { keepRefused } from '#lib/revocation/keep-refused';
import { sharedDatabase } from '#tests/database';
import { addPerson, createRuntime, entries, plainRecord, settle } from '#tests/hub';

const database = sharedDatabase();

/** Two grants of a person that were refused and cannot be revoked: their provider is not configured. */
async function withHeld() {
  const runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  const { id: personId, ctx: asPerson } = await addPerson(runtime);
  for (const subject of ['one', 'two']) {
    await keepRefused(systemContext(runtime, 'test'), {
      ...{ intent: 'connect', code: 'conflict', issuer: 'https://x.example', subject, extras: {} },
      ...{ personId, provider: 'gone', accountParams: {} },
      received: { accessToken: `at_${subject}`, refreshToken: null, expiresIn: null },
    });
  }
  await settle(runtime);
  const run = (command: Record<string, unknown>, ctx = systemContext(runtime, 'cli')) =>
    runCommand(ctx, commandSchema.parse(command));
  return { runtime, personId, asPerson, run };
}

test('A-14 held tokens are listed, tried once more and let go, each with its reason in the ledger', async () => {
  const { runtime, personId, run } = await withHeld();
  const listed = await run({ command: 'revocations held' });
  const about = { kind: 'refused', provider: 'gone', connection: null, person: personId, code: 'unknown_provider' };
  const refused = { refused_flow: 'connect', refused_for: 'conflict', state: 'failed' };
  expect(listed).toMatchObject([
    { ...about, ...refused },
    { ...about, ...refused },
  ]);
  expect(JSON.stringify(listed)).not.toMatch(/at_one|at_two|eyJ/);
  const [first, second] = listed.map(({ id }) => String(id));

  const left = await run({ command: 'revocations let-go', id: first, reason: 'ended by hand' });
  expect(left.map(({ id }) => id)).toEqual([second]);
  await expect(run({ command: 'revocations let-go', id: first, reason: 'once more' })).rejects.toMatchObject({
    code: 'not_found',
  });
  await run({ command: 'revocations retry', id: second, reason: 'the record is back' });
  await settle(runtime);
  const told = (await entries(runtime)).filter(({ action }) => /^revocation\.(let_go|retried)$/.test(action));
  expect(told).toMatchObject([
    { action: 'revocation.let_go', details: { reason: 'ended by hand', proof: 'operator' } },
    { action: 'revocation.retried', details: { reason: 'the record is back' } },
  ]);
});

test.each([
  { command: 'revocations let-go', id: 'rfg_none:-1:', reason: 'x' },
  { command: 'revocations let-go', id: `rfg_${'0'.repeat(16)}:-1:`, reason: ' ' },
])('A-14 a faulty name or reason changes nothing: %j', async (command) => {
  const { run } = await withHeld();
  await expect(run(command)).rejects.toMatchObject({ code: 'invalid_request' });
});
