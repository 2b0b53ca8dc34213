import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { writeSessionId } from '#lib/cookies/session-cookie';
import { rowsOf } from '#lib/db/database';
import { flowTraces } from '#lib/db/schema/flow-traces';
import { purgeTraces, readTrace } from '#lib/flow-trace/store-trace';
import type { FlowTrace } from '#lib/flow-trace/trace';
import { beginSession } from '#lib/sign-in/sessions';
import { CanarySweep } from '#tests/canary';
import { sharedDatabase } from '#tests/database';
import { addPerson, createRuntime, rowOf, settle } from '#tests/hub';
import { clientSecret } from '#tests/servers/quirky-provider';
import { type Behaviour, type QuirkyServer, quirkyServer } from '#tests/servers/quirky-server';
import { Visitor } from '#tests/visitor';

const database = sharedDatabase();

const recordFor = (url: string): Record<string, unknown> => ({
  id: 'acme',
  name: 'Acme',
  issuer: url,
  discovery: 'none',
  authorization_endpoint: `${url}/authorize`,
  token_endpoint: `${url}/token`,
  revocation_endpoint: `${url}/revoke`,
  userinfo_endpoint: `${url}/userinfo`,
  client_id: 'client-1',
  client_secret: clientSecret,
  scopes: ['read'],
  identity: { source: 'userinfo', issuer: 'https://acme.example' },
  shares_issuer: true,
});

async function signedIn(record: Record<string, unknown>, role: 'administrator' | 'auditor' | 'user' = 'administrator') {
  const runtime = createRuntime(database.current, [record]);
  const { id, ctx } = await addPerson(runtime, { role });
  const session = await beginSession(database.db, ctx(), { id, role });
  const visitor = new Visitor(runtime);
  await writeSessionId(runtime.config, visitor.jar, session.id, session.seconds);
  return Object.assign(visitor, { logged: runtime.logged });
}

const secret = (): string => randomBytes(24).toString('base64url');

async function trace(visitor: Visitor, back: Record<string, string>, afterwards = 'keep') {
  const fields = { intent: 'connect', provider: 'acme', trace: afterwards, return_to: '/admin/providers/acme' };
  const started = await visitor.start(fields);
  const asked = new URL(started.headers.get('location') ?? '');
  const query = new URLSearchParams({ state: asked.searchParams.get('state') ?? '', ...back });
  const answer = await visitor.callback(`http://localhost:3000/oauth/callback/acme?${query}`);
  const to = new URL(answer.headers.get('location') ?? '', 'http://localhost:3000');
  const id = to.searchParams.get('trace') ?? '';
  const told = (await readTrace(await visitor.context(), id)) as FlowTrace;
  return { asked, to, id, told };
}

async function server(routes: Record<string, Behaviour>): Promise<QuirkyServer> {
  const made = await quirkyServer();
  made.on('POST /revoke', { text: '' });
  made.on('GET /userinfo', { json: { sub: `ada-${randomBytes(3).toString('hex')}`, email: 'ada@acme.example' } });
  for (const [route, behaviour] of Object.entries(routes)) made.on(route, behaviour);
  return made;
}

const token = (more: Record<string, unknown> = {}): Behaviour => ({
  json: { access_token: `at-${secret()}`, token_type: 'bearer', scope: 'read', expires_in: 3600, ...more },
});

describe('a traced flow tells each step', () => {
  test('authorization request, redirect, token request and identity, and what was understood', async () => {
    const { url } = await server({ 'POST /token': token({ refresh_token: `rt-${secret()}` }) });
    const { told, to } = await trace(await signedIn(recordFor(url)), { code: secret() });
    expect(`${to.pathname}${to.hash}`).toBe('/admin/providers/acme#trace');
    expect(told).toMatchObject({
      provider: 'acme',
      state: 'connected',
      code: null,
      kept: 'kept',
      hints: [],
      missing: [],
    });
    expect(told.steps.map(({ kind, method, url: at, status }) => [kind, method, at.replace(url, ''), status])).toEqual([
      ['authorization_request', 'GET', '/authorize', null],
      ['redirect', 'GET', 'http://localhost:3000/oauth/callback/acme', null],
      ['call', 'POST', '/token', 200],
      ['call', 'GET', '/userinfo', 200],
    ]);
    const [request, redirect, exchange, identity] = told.steps;
    expect(request?.sent).toContainEqual({ name: 'code_challenge_method', value: 'S256', masked: false });
    expect(request?.sent).toContainEqual({ name: 'scope', value: 'read', masked: false });
    expect(redirect?.sent).toContainEqual({ name: 'code', value: '‹text, 32 characters›', masked: true });
    expect(exchange?.authorization).toMatch(/^Basic ‹\d+ characters›$/);
    expect(exchange?.received).toContainEqual({ name: 'expires_in', value: '3600', masked: false });
    expect(identity?.authorization).toMatch(/^Bearer ‹35 characters›$/);
    expect(identity?.received).toContainEqual({ name: 'email', value: 'ada@acme.example', masked: false });
    expect(told.understood).toContainEqual({ name: 'scopes', value: 'read', masked: false });
    const received = told.understood.find(({ name }) => name === 'received');
    expect(received).toMatchObject({ value: expect.stringMatching(/^access token, /), masked: false });
  });

  test('a flow of which no answer comes is told as far as it went', async () => {
    const { url } = await server({});
    const visitor = await signedIn(recordFor(url));
    await visitor.start({ intent: 'connect', provider: 'acme', trace: 'keep', return_to: '/admin' });
    const [row] = await database.db
      .select()
      .from(flowTraces)
      .where(sql`provider = 'acme'`)
      .orderBy(sql`created_at desc`);
    expect(await readTrace(await visitor.context(), row?.id ?? '')).toMatchObject({ state: 'begun', steps: [{}] });
  });
});

interface Odd {
  answer: Record<string, unknown>;
  record?: Record<string, unknown>;
  userinfo?: unknown;
  back?: Record<string, string>;
  line: string | null;
  text?: RegExp;
  code?: string;
}

const odd: Record<string, Odd> = {
  'P-13 the user token lies deeper': {
    answer: { ok: true, authed_user: { access_token: 'deep-token' } },
    line: '"token_path": "authed_user.access_token"',
    code: 'token_answer_invalid',
  },
  'P-09 the type is called bot': {
    answer: { access_token: 'one-token', token_type: 'bot', scope: 'read', expires_in: 60 },
    line: '"bearer_token_types": ["bot"]',
    code: 'token_answer_invalid',
  },
  'P-06 the answer is silent about scopes': {
    answer: { access_token: 'one-token', expires_in: 60 },
    line: '"absent_scope": "unknown"',
  },
  'P-06 the scopes have another name': {
    answer: { access_token: 'one-token', expires_in: 60, granted_scopes: 'read' },
    line: '"scope_field": "granted_scopes"',
  },
  'scopes are joined by commas': {
    answer: { access_token: 'one-token', expires_in: 60, scope: 'read,write' },
    line: '"scope_sep_in": ","',
  },
  'P-12 the life has another name': {
    answer: { access_token: 'one-token', scope: 'read', valid_until: 4_000_000_000 },
    line: '"access_token_life": { "path": "valid_until", "as": "moment" }',
  },
  'no life at all': {
    answer: { access_token: 'one-token', scope: 'read' },
    line: '"expires_default": 3600',
  },
  'P-07 the account has another path': {
    answer: { access_token: 'one-token', scope: 'read', expires_in: 60 },
    userinfo: { user: { id: 'ada-1' } },
    line: '"identity": { "subject": "user.id" }',
    code: 'identity_invalid',
  },
  'P-29 the code has another name': {
    answer: {},
    back: { auth_code: 'one-code' },
    line: '"code_field": "auth_code"',
    code: 'missing_code',
  },
  'offline_access, and nothing that lasts': {
    answer: { access_token: 'one-token', scope: 'openid', expires_in: 60 },
    record: { scopes: ['openid', 'offline_access'], dangerously_without_id_token: true },
    line: '"authorization_params": {"prompt":"consent"}',
  },
  'an error in a 200': {
    answer: { ok: false, error: 'code_expired' },
    line: '"error_in_200": true',
    code: 'token_answer_invalid',
  },
};

describe('a traced flow proposes the record’s lines', () => {
  test.each(Object.entries(odd))('%s', async (_name, { answer, record, userinfo, back, line, code }) => {
    const { url } = await server({
      'POST /token': { json: answer },
      ...(userinfo ? { 'GET /userinfo': { json: userinfo } } : {}),
    });
    const { told } = await trace(await signedIn({ ...recordFor(url), ...record }), back ?? { code: 'one-code' });
    expect(told.code).toBe(code ?? null);
    expect(
      told.hints.map(({ recordLine }) => recordLine),
      JSON.stringify(told, null, 1),
    ).toContain(line);
    expect(JSON.stringify(told)).not.toMatch(/deep-token|one-token|one-code/);
  });
});

describe('nothing secret of a flow is in its trace', () => {
  const shapes = ['text', 'words', 'url', 'name', 'nested', 'list', 'base64', 'html', 'header', 'number'] as const;
  /** An answer that repeats secrets in unexpected places. */
  function echo(shape: (typeof shapes)[number], secrets: readonly string[]): Record<string, unknown> {
    switch (shape) {
      case 'text':
        return Object.fromEntries(secrets.map((one, at) => [`hint${at}`, one]));
      case 'words':
        return { message: `You sent ${secrets.join(' and ')}, thank you`, detail: secrets.join('') };
      case 'url':
        return {
          next: `https://acme.example/${secrets[0]}/x?t=${secrets[1]}`,
          more: `see https://a.example/?q=${secrets[2]}`,
        };
      case 'name':
        return Object.fromEntries(secrets.map((one) => [one, true]));
      case 'nested':
        return {
          a: { b: { c: { d: { e: { f: { g: secrets } } } } } },
          data: { [secrets[0] ?? '']: { x: secrets[1] } },
        };
      case 'list':
        return { scope: secrets.join(' '), tags: [...secrets, [secrets]] };
      case 'base64':
        return {
          blob: secrets.map((one) => Buffer.from(one).toString('base64')).join('.'),
          form: encodeURIComponent(secrets.join('&')),
        };
      case 'html':
        return { page: `<a href="?code=${secrets[0]}">${secrets[1]}</a>` };
      case 'header':
        return { echoed: `Authorization: Bearer ${secrets[0]}` };
      case 'number':
        return { id: Number.MAX_SAFE_INTEGER, [`x_${secrets[0]}`]: 1 };
    }
  }

  test('a token of words under a name that says nothing, and where it is repeated', async () => {
    const [at, rt] = ['wordsofatoken', 'otherwordsofit'];
    const { url } = await server({
      'POST /token': { json: { data: { value: at, refresh_token: rt, token_type: 'bearer' }, note: `${at}, ${rt}` } },
      'GET /userinfo': { json: { sub: 'ada', seen: at, name: `x${at}x` } },
    });
    const visitor = await signedIn({ ...recordFor(url), token_path: 'data.value' });
    const { told } = await trace(visitor, { code: 'codeofwords' });
    expect(told.state).toBe('connected');
    const sweep = new CanarySweep([at, rt, 'codeofwords']);
    sweep.search('the trace', JSON.stringify(told));
    sweep.search('the log', JSON.stringify(visitor.logged));
    expect(sweep.findings).toEqual([]);
  });

  test.each([
    ['query', { dangerously_by_get: true }, 'GET'],
    ['form', {}, 'POST'],
  ] as const)('a token that is shown in the %s, under a name that says nothing', async (_, place, method) => {
    const at = secret();
    const { url } = await server({
      'POST /token': { json: { access_token: at, token_type: 'bearer', scope: 'read', expires_in: 60 } },
      [`${method} /me`]: { json: { id: 'ada', seen: `me?t=${at}` } },
    });
    const identity = { source: 'endpoint', endpoint: `${url}/me`, subject: 'id', token_param: 't', ...place };
    const visitor = await signedIn({ ...recordFor(url), identity });
    const { told } = await trace(visitor, { code: secret() });
    expect(told.state).toBe('connected');
    const shown = told.steps.find(({ url: called }) => called.endsWith('/me'));
    expect(shown?.sent).toContainEqual(expect.objectContaining({ name: 't', masked: true }));
    const sweep = new CanarySweep([at]);
    sweep.search('the trace', JSON.stringify(told));
    sweep.search('the log', JSON.stringify(visitor.logged));
    expect(sweep.findings).toEqual([]);
  });

  test.each(shapes.flatMap((shape) => [200, 400].map((status) => [shape, status] as const)))(
    'echoed as %s with status %i',
    async (shape, status) => {
      const [code, at, rt, idToken] = [secret(), secret(), secret(), `eyJ${secret()}.${secret()}.${secret()}`];
      const seen: string[] = [code, at, rt, idToken, clientSecret];
      const { url } = await server({
        'POST /token': ({ form, headers }) => {
          const basic = (headers.authorization ?? '').slice(6);
          seen.push(form.get('code_verifier') ?? '', basic);
          const more = echo(shape, seen);
          const tokens = { access_token: at, refresh_token: rt, id_token: idToken, expires_in: 60 };
          return { status, json: status === 200 ? { ...tokens, ...more } : { error: 'invalid_grant', ...more } };
        },
        'GET /userinfo': ({ headers }) => ({
          json: { sub: `ada-${at.slice(0, 3)}`, ...echo(shape, [...seen, headers.authorization ?? '']) },
        }),
      });
      const visitor = await signedIn(recordFor(url));
      const { told, asked } = await trace(visitor, { code, extra: `again ${code}` });
      seen.push(asked.searchParams.get('state') ?? '');
      expect(told.state).toBe(status === 200 ? 'connected' : 'refused');
      expect(told.steps.length).toBeGreaterThan(2);
      const sweep = new CanarySweep(seen.filter((one) => one !== ''));
      sweep.search('the trace', JSON.stringify(told));
      sweep.search('the table', JSON.stringify(rowsOf(await database.db.execute(sql`select * from flow_traces`))));
      sweep.search('the log', JSON.stringify(visitor.logged));
      expect(sweep.findings).toEqual([]);
    },
  );
});

describe('a traced flow is an administrator’s own', () => {
  test('nobody else reads it, and nobody after an hour', async () => {
    const { url } = await server({ 'POST /token': token() });
    const owner = await signedIn(recordFor(url));
    const { id } = await trace(owner, { code: 'one-code' });
    for (const role of ['administrator', 'auditor', 'user'] as const)
      expect(await readTrace(await (await signedIn(recordFor(url), role)).context(), id)).toBeNull();
    const ctx = await owner.context();
    expect(await readTrace(ctx, id)).not.toBeNull();
    if (ctx.actor.type !== 'person') throw new Error('no person');
    expect(await readTrace({ ...ctx, actor: { ...ctx.actor, role: 'user' } }, id)).toBeNull();
    await database.db.execute(
      sql`update flow_traces set expires_at = clock_timestamp() - interval '1 second' where id = ${id}`,
    );
    expect(await readTrace(ctx, id)).toBeNull();
    await purgeTraces(ctx);
    expect(rowsOf(await database.db.execute(sql`select id from flow_traces where id = ${id}`))).toEqual([]);
  });

  test.each(['auditor', 'user'] as const)('a person who is %s begins none', async (role) => {
    const { url } = await server({});
    const visitor = await signedIn(recordFor(url), role);
    const before = rowsOf(await database.db.execute(sql`select id from flow_traces`)).length;
    const answer = await visitor.start({ intent: 'connect', provider: 'acme', trace: 'keep', return_to: '/' });
    expect(answer.headers.get('location')).toContain('flow=forbidden');
    expect(rowsOf(await database.db.execute(sql`select id from flow_traces`))).toHaveLength(before);
  });

  test('signing in and reconnecting are not traced', async () => {
    const { url } = await server({});
    const visitor = await signedIn(recordFor(url));
    for (const intent of ['sign_in', 'reconnect', 'step_up']) {
      const answer = await visitor.start({ intent, provider: 'acme', trace: 'keep', return_to: '/' });
      expect(answer.headers.get('location') ?? '').not.toContain('/authorize');
    }
  });
});

describe('the connection of a traced flow', () => {
  test('is revoked at once where that was chosen', async () => {
    const made = await server({ 'POST /token': token() });
    const visitor = await signedIn(recordFor(made.url));
    const { told } = await trace(visitor, { code: 'one-code' }, 'revoke');
    expect(told.kept).toBe('revoked');
    await settle(visitor.runtime);
    expect((await rowOf(visitor.runtime, told.connectionId ?? '')).status).toBe('revoked');
    expect(made.requestsTo('POST /revoke')).toHaveLength(1);
  });

  test('stays where the account was connected before', async () => {
    const made = await server({ 'POST /token': token(), 'GET /userinfo': { json: { sub: `same-${secret()}` } } });
    const visitor = await signedIn(recordFor(made.url));
    const first = await trace(visitor, { code: 'one-code' }, 'keep');
    const second = await trace(visitor, { code: 'two-code' }, 'revoke');
    expect(second.told).toMatchObject({ kept: 'not_revoked', connectionId: first.told.connectionId });
    expect((await rowOf(visitor.runtime, first.told.connectionId ?? '')).status).toBe('connected');
  });
});

describe('the failure scenario of a code that is used twice', () => {
  const allowing = (url: string) => ({ ...recordFor(url), failure_scenarios: true });
  /** A server that spends each code once, or again and again. */
  const spending = (again: Behaviour) => {
    const spent = new Set<string>();
    return ({ form }: { form: URLSearchParams }) => {
      const code = form.get('code') ?? '';
      const first = !spent.has(code);
      spent.add(code);
      const behaviour = first ? token() : again;
      return typeof behaviour === 'function' ? { text: '' } : behaviour;
    };
  };

  test('a server that refuses the second exchange passes, and both exchanges are told', async () => {
    const refusing = spending({ status: 400, json: { error: 'invalid_grant' } });
    const { url } = await server({ 'POST /token': refusing });
    const code = secret();
    const { told } = await trace(await signedIn(allowing(url)), { code }, 'code_twice');
    expect(told).toMatchObject({
      kept: 'revoked',
      codeTwice: { result: 'passes', server: 'It refused the second exchange with invalid_grant.' },
    });
    expect(told.steps.filter(({ url: at }) => at.endsWith('/token')).map(({ status }) => status)).toEqual([200, 400]);
    expect(JSON.stringify(told)).not.toContain(code);
  });

  test('a server that spends it twice fails, and its second tokens go to the revocations', async () => {
    const made = await server({ 'POST /token': spending(token()) });
    const visitor = await signedIn(allowing(made.url));
    const { told } = await trace(visitor, { code: secret() }, 'code_twice');
    expect(told.codeTwice).toMatchObject({
      result: 'fails',
      hub: expect.stringMatching(/hands them to its revocations/),
    });
    const kept = rowsOf(await database.db.execute(sql`select details from ledger where action = 'refused.kept'`));
    expect(kept.length).toBeGreaterThan(0);
    await settle(visitor.runtime);
    expect(JSON.stringify([told, visitor.logged])).not.toMatch(/at-[\w-]{20}/);
  });

  test('an account that was connected before is not put at risk', async () => {
    const made = await server({ 'POST /token': token(), 'GET /userinfo': { json: { sub: `same-${secret()}` } } });
    const visitor = await signedIn(allowing(made.url));
    await trace(visitor, { code: secret() }, 'keep');
    const { told } = await trace(visitor, { code: secret() }, 'code_twice');
    expect(told).toMatchObject({ kept: 'not_revoked', codeTwice: { result: 'unknown', server: 'It was not asked.' } });
    expect(made.requestsTo('POST /token')).toHaveLength(2);
  });

  test('a record that does not allow it begins no such flow', async () => {
    const { url } = await server({});
    const visitor = await signedIn(recordFor(url));
    const answer = await visitor.start({ intent: 'connect', provider: 'acme', trace: 'code_twice', return_to: '/' });
    expect(answer.headers.get('location')).toContain('flow=invalid_request');
  });
});
