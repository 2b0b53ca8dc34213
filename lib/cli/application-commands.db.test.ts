import { expect, test } from 'vitest';
import { parseArguments } from '#lib/cli/arguments';
import { type Command, commandSchema, runCommand } from '#lib/cli/commands';
import { systemContext } from '#lib/context';
import { sharedDatabase } from '#tests/database';
import { addConnection, addPersonOf, createRuntime, entries, plainRecord } from '#tests/hub';

const database = sharedDatabase();

test('an operator registers, changes, stops and lists applications, and makes a key for one', async () => {
  const runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  const run = (...args: string[]) => {
    const asked = parseArguments(args);
    if (asked.kind !== 'command') throw new Error('no command');
    // As it travels to the process that has the data open.
    const command: Command = commandSchema.parse(JSON.parse(JSON.stringify(asked.command)));
    return runCommand(systemContext(runtime, 'cli'), command);
  };
  const [made] = await run(
    ...['application', 'create', '--name', 'Planner', '--contact', 'ops@planner.example'],
    ...['--return-url', 'https://planner.example/back', '--provider', 'acme', '--scope', 'acme:read'],
  );
  const id = String(made?.id);
  expect(made).toMatchObject({
    name: 'Planner',
    status: 'active',
    return_urls: ['https://planner.example/back'],
    providers: ['acme'],
    scopes: { acme: ['read'] },
    created_by: 'cli',
  });
  const key = ['api-key', 'create', '--name', 'planner', '--scope', 'connections:create', '--application', id];
  expect(await run(...key)).toMatchObject([{ application: id, key: expect.stringMatching(/^gk_/) }]);
  expect(await run('api-key', 'list', '--application', id)).toMatchObject([{ name: 'planner', application: id }]);
  await addConnection(runtime, { personId: await addPersonOf(runtime, id, { user: '42' }) });
  const counted = { keys: 1, people: 1, connections: 1 };
  expect(await run('application', 'show', '--id', id)).toMatchObject([{ id, ...counted }]);
  expect(await run('application', 'change', '--id', id, '--every-provider', '--without-scopes')).toMatchObject([
    { name: 'Planner', providers: null, scopes: {}, return_urls: ['https://planner.example/back'] },
  ]);
  const look = ['application', 'appearance', '--id', id];
  await expect(run(...look, '--logo', 'app/icon.svg')).rejects.toMatchObject({ code: 'invalid_request' });
  expect(await run(...look, '--light', '#1d4ed8', '--dark', '#93c5fd')).toMatchObject([
    { has_logo: false, colours: { light: '#1d4ed8', dark: '#93c5fd' } },
  ]);
  expect(await run(...look, '--without-colours')).toMatchObject([{ colours: null }]);
  expect(await run('application', 'disable', '--id', id, '--reason', 'leak')).toMatchObject([
    { status: 'disabled', ...counted },
  ]);
  expect(await run('application', 'list')).toMatchObject([{ id, status: 'disabled' }]);
  expect(await run('application', 'enable', '--id', id, '--reason', 'mended')).toMatchObject([{ status: 'active' }]);
  const told = (await entries(runtime)).filter(({ action }) => action.startsWith('application.'));
  expect(told.map(({ action, actorId }) => [action, actorId])).toEqual(
    ['created', 'changed', 'changed', 'changed', 'disabled', 'enabled'].map((what) => [`application.${what}`, 'cli']),
  );
});
