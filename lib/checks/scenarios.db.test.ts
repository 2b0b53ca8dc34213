import { describe, expect, test } from 'vitest';
import { playScenarios, type ScenarioId, type ScenarioView } from '#lib/checks/scenarios';
import { runScenarios, scenariosText } from '#lib/cli/check-command';
import { type Runtime, systemContext } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { recordFor } from '#tests/checked-provider';
import { sharedDatabase } from '#tests/database';
import { addConnection, addPerson, createRuntime, entries } from '#tests/hub';
import { clientSecret } from '#tests/servers/quirky-provider';
import { type Behaviour, quirkyServer } from '#tests/servers/quirky-server';
import { behaveWell } from '#tests/servers/well-behaved';

const database = sharedDatabase();

interface Case {
  /** What the provider does beside behaving well, and what answers at the hub's own address. */
  provider?: Record<string, Behaviour>;
  hub?: Behaviour;
  expired?: true;
  result: ScenarioView['result'];
  server: RegExp;
  words?: RegExp;
}

async function hubWith({ provider = {}, hub, expired }: Omit<Case, 'result' | 'server'>) {
  const [server, own] = [await quirkyServer(), await quirkyServer()];
  behaveWell(server);
  for (const [route, behaviour] of Object.entries(provider)) server.on(route, behaviour);
  if (hub) own.on('GET /oauth/callback/acme', hub);
  const made = createRuntime(database.current, [{ ...recordFor(server.url), failure_scenarios: true }]);
  const runtime: Runtime & { logged: unknown[] } = {
    ...made,
    config: { ...made.config, appUrl: new URL(hub ? own.url : 'http://127.0.0.1:9') },
  };
  const token = 'expired-token-of-somebody-0123456789';
  await database.db.delete(connections);
  if (expired) {
    const { id: personId } = await addPerson(runtime);
    await addConnection(runtime, { personId, accessToken: token, refreshToken: 'rt', expiresIn: -600 });
  }
  return { runtime, server, token };
}

const cases: Record<ScenarioId, Record<string, Case>> = {
  tampered_state: {
    'a hub that refuses it': {
      hub: { status: 400, text: '<h1>no</h1>' },
      result: 'passes',
      server: /not asked/,
      words: /refused the answer with status 400/,
    },
    'a hub that takes it': {
      hub: { status: 303, headers: { location: '/connections?flow=connected' }, text: '' },
      result: 'fails',
      server: /not asked/,
      words: /took the answer, with status 303/,
    },
    'a hub that is not reached': { result: 'unknown', server: /not asked/, words: /does not reach the hub/ },
  },
  changed_redirect_uri: {
    'a server that refuses it': {
      provider: { 'GET /authorize': { status: 400, text: 'redirect_uri_mismatch' } },
      result: 'passes',
      server: /refused the request with redirect_uri_mismatch/,
    },
    'a server that takes any': {
      provider: {
        'GET /authorize': {
          status: 302,
          headers: { location: 'http://127.0.0.1:9/oauth/callback/acme/changed?error=login_required' },
          text: '',
        },
      },
      result: 'fails',
      server: /sent the browser to the changed redirect URI/,
    },
    'a server that asks the person first': { result: 'unknown', server: /asks the person first/ },
  },
  expired_token: {
    'an API that refuses it': { expired: true, result: 'passes', server: /refused the expired token/ },
    'an API that takes it': {
      expired: true,
      provider: { 'GET /userinfo': { json: { sub: 'ada', email: 'ada@acme.example' } } },
      result: 'fails',
      server: /took the expired token/,
    },
    'no expired token at hand': { result: 'unknown', server: /refused a made-up token/ },
  },
};

describe.each(Object.entries(cases))('%s', (id, table) => {
  test.each(Object.entries(table))('%s', async (_name, one) => {
    const { runtime, token } = await hubWith(one);
    const views = await playScenarios(systemContext(runtime, 'test'), { provider: 'acme' });
    const view = views.find((each) => each.id === id);
    expect(view).toMatchObject({ result: one.result, server: expect.stringMatching(one.server) });
    if (one.words) expect(view?.hub).toMatch(one.words);
    expect(view?.steps.length).toBeGreaterThan(0);
    for (const secret of [clientSecret, token, 'ada@acme.example'])
      expect(JSON.stringify([views, runtime.logged])).not.toContain(secret);
    const [told] = (await entries(runtime)).filter(({ action }) => action === 'checks.scenarios_played').slice(-1);
    expect(told?.outcome).toBe(views.some(({ result }) => result === 'fails') ? 'failed' : 'ok');
  });
});

test.each([
  ['in the query', { token_param: 't', dangerously_by_get: true }, 'GET /me'],
  ['in a form', { token_param: 't' }, 'POST /me'],
  ['in a header of its own', { token_header: { name: 'X-Thing' } }, 'GET /me'],
])('an expired token that is shown %s is in no step, also where the server repeats it', async (_, place, route) => {
  const token = 'a token of words';
  const server = await quirkyServer();
  behaveWell(server);
  server.on(route, { status: 401, json: { error: 'unknown', thing: token, said: `no ${token}` } });
  const identity = { source: 'endpoint', endpoint: `${server.url}/me`, subject: 'id', ...place };
  const runtime = createRuntime(database.current, [
    { ...recordFor(server.url), identity, userinfo_endpoint: undefined, failure_scenarios: true },
  ]);
  await database.db.delete(connections);
  const { id: personId } = await addPerson(runtime);
  await addConnection(runtime, { personId, accessToken: token, refreshToken: 'rt', expiresIn: -600 });
  const views = await playScenarios(systemContext(runtime, 'test'), { provider: 'acme' });
  const view = views.find(({ id }) => id === 'expired_token');
  expect(view).toMatchObject({ result: 'passes', server: expect.stringMatching(/refused the expired token/) });
  expect(view?.steps).toHaveLength(1);
  expect(JSON.stringify([views, runtime.logged])).not.toContain(token);
});

test('only where the record allows it, and only for administrators', async () => {
  const { runtime } = await hubWith({});
  const auditor = await addPerson(runtime, { role: 'auditor' });
  await expect(playScenarios(auditor.ctx(), { provider: 'acme' })).rejects.toMatchObject({ code: 'forbidden' });
  const strict = createRuntime(database.current, [recordFor('http://127.0.0.1:9')]);
  await expect(playScenarios(systemContext(strict, 'test'), { provider: 'acme' })).rejects.toMatchObject({
    code: 'invalid_request',
  });
});

test('the command line plays them too, and names the one that needs a sign-in', async () => {
  const { runtime } = await hubWith({ hub: { status: 400, text: 'no' } });
  const lines = await runScenarios(systemContext(runtime, 'cli'), 'acme');
  expect(lines.map(({ scenario }) => scenario)).toEqual([
    'tampered_state',
    'changed_redirect_uri',
    'expired_token',
    'code_twice',
  ]);
  expect(JSON.stringify(lines)).not.toContain(clientSecret);
  const text = scenariosText(lines);
  expect(text).toMatch(/^passes {3}A tampered state\n {9}the server: It was not asked\.$/m);
  expect(text).toContain('this scenario needs a sign-in');
});
