import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { claimFlow } from '#lib/authorization/claim-flow';
import { lookForSecrets } from '#lib/checks/client-secret';
import type { CheckLine } from '#lib/checks/keep-result';
import { runChecks } from '#lib/checks/run-checks';
import { sealedColumns } from '#lib/checks/sealed-values';
import { lookAtState } from '#lib/checks/state';
import { type Runtime, systemContext } from '#lib/context';
import { flows } from '#lib/db/schema/flows';
import { AppError } from '#lib/errors';
import { record } from '#lib/ledger/record';
import { checkCallback } from '#lib/oauth/check-callback';
import { lastingValues, passingValues } from '#lib/vault-keys/sealed-values';
import { patched, recordFor } from '#tests/checked-provider';
import { sharedDatabase } from '#tests/database';
import { addConnection, addPerson, createRuntime } from '#tests/hub';
import { clientSecret } from '#tests/servers/quirky-provider';
import { type QuirkyServer, quirkyServer } from '#tests/servers/quirky-server';
import { selfSigned } from '#tests/servers/self-signed';
import { behaveWell, metadataOf } from '#tests/servers/well-behaved';

const database = sharedDatabase();

interface Case {
  server?: (server: QuirkyServer) => void;
  record?: (url: string) => Record<string, unknown>;
  tls?: boolean;
  /** What stands in the hub's way: rows, or a record that no configuration would take. */
  hub?: (runtime: Runtime) => Promise<Runtime | undefined> | Runtime;
  result: CheckLine['result'];
  found: RegExp;
}

const withoutProviders = (runtime: Runtime): Runtime => ({
  ...runtime,
  providers: { ...runtime.providers, list: () => [], get: () => undefined },
});

/** The hub, said to be at another address. */
const at = (runtime: Runtime, url: string): Runtime => ({
  ...runtime,
  config: { ...runtime.config, appUrl: new URL(url), secure: true },
});

const connected =
  (more: Record<string, unknown>, values: Record<string, unknown> = {}) =>
  async (runtime: Runtime): Promise<undefined> => {
    await connect(runtime, values, more);
  };

async function connect(runtime: Runtime, values: Record<string, unknown> = {}, more = {}) {
  const { id: personId } = await addPerson(runtime);
  return addConnection(runtime, { personId, refreshToken: 'rt', values: values as never, ...more });
}

async function lookedAt(check: string, one: Case): Promise<CheckLine> {
  const server = await quirkyServer(one.tls ? { tls: selfSigned(-1) } : {});
  behaveWell(server);
  one.server?.(server);
  const made = createRuntime(database.current, [{ ...recordFor(server.url), ...one.record?.(server.url) }]);
  const runtime = (await one.hub?.(made)) ?? made;
  const lines = await runChecks(systemContext(runtime, 'test'), {});
  expect(JSON.stringify([lines, made.logged])).not.toContain(clientSecret);
  const found = lines.find((line) => line.check === check && line.provider !== 'other');
  if (!found) throw new Error(`no such check: ${check}`);
  return found;
}

const announce = (change: (url: string) => Record<string, unknown>) => (server: QuirkyServer) =>
  server.on('GET /.well-known/openid-configuration', { json: { ...metadataOf(server.url), ...change(server.url) } });

/** Each check passes where all is well, and fails where the thing itself is broken. */
const cases: Record<string, Record<string, Case>> = {
  pkce: {
    'a server that announces S256': {
      result: 'passes',
      found: /has a challenge with S256\. The server announces S256/,
    },
    'a server that stops announcing S256': {
      server: announce(() => ({ code_challenge_methods_supported: ['plain'] })),
      result: 'fails',
      found: /the server announces plain/,
    },
    'a record that switches PKCE off': {
      record: () => ({ dangerously_without_pkce: true }),
      result: 'fails',
      found: /no code_challenge_method=S256\. The record switches PKCE off/,
    },
    'a request that loses its challenge on the way': {
      hub: (runtime) => patched(runtime, { authorization_param_names: { code_challenge: null } }),
      result: 'fails',
      found: /has no challenge of its verifier/,
    },
    'a server whose endpoints are not known': {
      server: (server) => server.on('GET /.well-known/openid-configuration', { status: 503, text: '' }),
      result: 'unknown',
      found: /Which endpoints to use is not known/,
    },
  },
  state: {
    'a callback that refuses forged answers': {
      result: 'passes',
      found: /refused each forged answer, and took the true/,
    },
    'no provider': { hub: withoutProviders, result: 'unknown', found: /No provider is configured/ },
  },
  redirect_uri: {
    'a server that takes it': { result: 'passes', found: /took the request/ },
    'a server that does not know it': {
      server: (server) => server.on('GET /authorize', { status: 400, text: 'redirect_uri_mismatch' }),
      result: 'fails',
      found: /status 400 and redirect_uri_mismatch/,
    },
    'a server that answers with a page in any case': {
      server: (server) => server.on('GET /authorize', { text: '<h1>Sign in</h1>' }),
      result: 'unknown',
      found: /Only a person can see/,
    },
    'a server without its authorization endpoint': {
      server: (server) => server.on('GET /authorize', { status: 404, text: '' }),
      result: 'unknown',
      found: /There is no such page/,
    },
  },
  token_life: {
    'tokens of an hour': { hub: connected({ expiresIn: 3600 }), result: 'passes', found: /lives for 60 minutes/ },
    'one token of two hours': { hub: connected({ expiresIn: 7200 }), result: 'fails', found: /lives for 120 minutes/ },
    'a token without an end': { hub: connected({ expiresIn: null }), result: 'fails', found: /1 of them have no end/ },
    'no connection': { result: 'unknown', found: /No account is connected/ },
  },
  refresh_unattended: {
    'a refresh of a minute ago': {
      hub: connected({}, { lastRefreshedAt: sql`clock_timestamp() - interval '1 minute'` }),
      result: 'passes',
      found: /The last refresh succeeded on \d{4}-/,
    },
    'refreshes that fail': {
      hub: connected({}, { refreshFailures: 3, lastRefreshedAt: sql`clock_timestamp() - interval '2 days'` }),
      result: 'fails',
      found: /1 connections fail to refresh, and none succeeded for a day\. The last refresh succeeded/,
    },
    'nothing was due yet': { hub: connected({}), result: 'unknown', found: /No token was due/ },
    'a provider without refresh tokens': {
      hub: connected({ refreshToken: null }),
      result: 'not_promised',
      found: /gives no refresh tokens/,
    },
  },
  own_certificate: {
    'a hub on this machine': { result: 'not_promised', found: /address of this machine/ },
    'a certificate that has expired': {
      hub: async (runtime) => at(runtime, (await quirkyServer({ tls: selfSigned(-1) })).url),
      result: 'fails',
      found: /The name has 1 address\. The certificate has expired/,
    },
    'a name that does not resolve': {
      hub: (runtime) => at(runtime, 'https://no-such-host.invalid'),
      result: 'fails',
      found: /does not resolve/,
    },
  },
  own_https: {
    'a hub on this machine': { result: 'not_promised', found: /address of this machine/ },
    'an address that this machine cannot reach': {
      hub: (runtime) => at(runtime, 'https://no-such-host.invalid'),
      result: 'unknown',
      found: /cannot see it/,
    },
  },
  client_secret: {
    'a secret that stands nowhere': {
      hub: (runtime) => ({ ...runtime, fetch: async () => new Response('<h1>Sign in</h1>') }),
      result: 'passes',
      found: /^None of 1 clients has its secret there\.$/,
    },
    'a hub whose pages this machine cannot load': {
      result: 'unknown',
      found: /None of 1 clients.* found no pages that anybody may load to search just now/,
    },
    'a page with it': {
      hub: (runtime) => ({ ...runtime, fetch: async () => new Response(`<p>${clientSecret}</p>`) }),
      result: 'fails',
      found: /that of acme in pages that anybody may load/,
    },
    'an entry of the ledger with it': {
      hub: async (runtime) => {
        const details = { said: `Basic ${Buffer.from(`client-1:${clientSecret}`).toString('base64')}` };
        await record(runtime.database.db, systemContext(runtime, 'test'), { action: 'flow.refused', details });
        return undefined;
      },
      result: 'fails',
      found: /stands in clear: that of acme in entries of the ledger\.$/,
    },
  },
  https_endpoints: {
    'a server on this machine': { result: 'not_promised', found: /runs on this machine/ },
    'an endpoint of the record without https': {
      hub: (runtime) => patched(runtime, { token_endpoint: 'http://idp.example/token' }),
      result: 'fails',
      found: /1 without https: http:\/\/idp\.example\/token/,
    },
    'an endpoint of the metadata without https': {
      server: announce(() => ({ revocation_endpoint: 'http://idp.example/revoke' })),
      result: 'fails',
      found: /1 without https: http:\/\/idp\.example\/revoke/,
    },
    'a certificate that has expired': { tls: true, result: 'fails', found: /certificate has expired/ },
  },
  sealed_values: {
    'tokens that the vault sealed': {
      hub: async (runtime) => {
        await connect(runtime);
        return undefined;
      },
      result: 'passes',
      found: /sealed with AES-256-GCM: \d+ under test/,
    },
    'a token in clear': {
      hub: async (runtime) => {
        const id = await connect(runtime);
        await database.db.execute(sql`update connections set refresh_token = 'rt-in-clear' where id = ${id}`);
        return undefined;
      },
      result: 'fails',
      found: /not sealed: 1 in connections\.refresh_token\.$/,
    },
  },
};

describe.each(Object.entries(cases))('%s', (check, table) => {
  test.each(Object.entries(table))('%s', async (_name, one) => {
    await database.db.execute(sql`delete from connections`);
    await database.db.execute(sql`truncate ledger`);
    expect(await lookedAt(check, one)).toMatchObject({ result: one.result, found: expect.stringMatching(one.found) });
  });
});

describe('state at a broken callback', () => {
  test.each([
    [
      'one that believes the name of the cookie, and not its seal',
      {
        checkCallback,
        claimFlow: (async (ctx, url, find, claimed) => {
          const given = url.searchParams.get('state') ?? '';
          const believed: typeof find = async (state) => {
            const binding = await find(state);
            return typeof binding === 'object' ? { ...binding, state } : binding;
          };
          return claimFlow(ctx, url, given ? believed : find, claimed);
        }) as typeof claimFlow,
      },
      'The callback took an answer with the state of another flow.',
    ],
    [
      'one that does not compare state',
      {
        claimFlow,
        checkCallback: ((provider, pinned, url) =>
          checkCallback(provider, pinned, url, { state: url.searchParams.get('state') ?? '' })) as typeof checkCallback,
      },
      'The callback took an answer with a state that the flow does not have.',
    ],
    [
      'one that refuses everything',
      {
        checkCallback,
        claimFlow: (async () => {
          throw new AppError('state_unknown');
        }) as typeof claimFlow,
      },
      'The callback refused the true answer, too (state_unknown).',
    ],
  ])('%s', async (_name, steps, found) => {
    const runtime = createRuntime(database.current, [recordFor('http://127.0.0.1:9')]);
    expect(await lookAtState(systemContext(runtime, 'test'), steps)).toMatchObject({ result: 'fails', found });
    expect(await database.db.select().from(flows)).toEqual([]);
  });
});

test('the check of sealed values looks at every column that the vault counts', () => {
  const looked = sealedColumns.map(({ column }) => column);
  const counted = [...lastingValues, ...passingValues];
  expect(counted.flatMap(({ columns }) => columns).filter((column) => !looked.includes(column))).toEqual([]);
});

describe('client_secret in files', () => {
  test('a secret that was planted in a file for browsers is found, in any of its forms', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'grantkeep-bundle-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const runtime = createRuntime(database.current, [recordFor('http://127.0.0.1:9')]);
    const ctx = systemContext(runtime, 'test');
    await database.db.execute(sql`truncate ledger`);
    expect(await lookForSecrets(ctx, [folder])).toMatchObject({
      // A look at nothing passes nothing.
      result: 'unknown',
      found: expect.stringContaining(
        'The hub found no files for browsers and no pages that anybody may load to search',
      ),
    });
    mkdirSync(join(folder, 'chunks'));
    writeFileSync(join(folder, 'chunks/a.js'), 'const config={clientId:"client-1"}');
    expect(await lookForSecrets(ctx, [folder])).toMatchObject({
      lookedAt: expect.stringMatching(/^1 files for browsers/),
    });
    for (const form of [clientSecret, encodeURIComponent(clientSecret), Buffer.from(clientSecret).toString('base64')]) {
      writeFileSync(join(folder, 'chunks/b.js'), `const config={secret:"${form}"}`);
      expect(await lookForSecrets(ctx, [folder])).toMatchObject({
        result: 'fails',
        found: expect.stringMatching(/that of acme in files for browsers/),
      });
    }
  });
});
