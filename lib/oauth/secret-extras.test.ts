import { describe, expect, test } from 'vitest';
import { fetchIdentity } from '#lib/oauth/fetch-identity';
import type { TokenSet } from '#lib/oauth/types';
import { depsFor, pinnedOf, quirkyRecord, runExchange } from '#tests/servers/quirky-provider';
import { quirkyServer } from '#tests/servers/quirky-server';

describe('A-13 no extra is a secret', () => {
  const names = [
    'access_token',
    'refresh_token',
    'id_token',
    'authed_user.access_token',
    'Client_Secret',
    'userPassword',
  ];
  const more = ['api_key', 'apiKey', 'session', 'bot.token', 'tokens.0', 'jwt_assertion', 'signature', 'code'];
  test.each([...names, ...more])('%s is refused at the start, wherever it is to come from', async (name) => {
    const server = await quirkyServer();
    const lookup = { endpoint: `${server.url}/x`, fields: { value: name } };
    for (const fields of [{ response_fields: [name] }, { redirect_fields: [name] }, { lookups: [lookup] }])
      expect(() => quirkyRecord(server, fields)).toThrow(/looks like a secret/);
  });
  test.each(['access_token', 'data.refresh_token', 'authed_user.access_token'])(
    '%s names no account and no entry of a list',
    async (path) => {
      const server = await quirkyServer();
      const answered = { source: 'token_answer', subject: 'id' };
      const list = { endpoint: `${server.url}/x`, choose: true, fields: { site: 'id' }, entry_label: [path] };
      for (const fields of [
        { identity: { ...answered, label: [path] } },
        { identity: { ...answered, subject: path } },
        { identity: { ...answered, subject: undefined, key: ['id', path] } },
        { identity: { ...answered, name: path } },
        { identity: { ...answered, email: path } },
        { lookups: [list] },
      ])
        expect(() => quirkyRecord(server, fields)).toThrow(/looks like a secret/);
    },
  );
  test('an account may stand beside a token', async () => {
    const server = await quirkyServer();
    const identity = { source: 'token_answer', subject: 'token.user_id', label: ['session.user'] };
    expect(() => quirkyRecord(server, { identity })).not.toThrow();
  });
  test('a token under a harmless name is no label, name, address or subject', async () => {
    const server = await quirkyServer();
    const at = 'at-of-some-length@x';
    // A label is cut at 255 characters, and a part of a token is as secret.
    const long = `${'x'.repeat(250)} ${at}`;
    server.on('GET /me', { json: { id: '7', a: at, b: `Ada ${at}`, c: 'Ada', long } });
    server.on('GET /sites', {
      json: [
        { id: '1', title: at, name: 'One' },
        { id: '2', title: 'Two' },
      ],
    });
    const asked = { source: 'endpoint', endpoint: `${server.url}/me`, subject: 'id' };
    const tokens = { access_token: at, refresh_token: null, extras: {}, id_token_claims: null } as unknown as TokenSet;
    const record = quirkyRecord(server, {
      identity: { ...asked, label: ['a', 'b', 'long', 'c'], name: 'b', email: 'a' },
      lookups: [
        { endpoint: `${server.url}/sites`, choose: true, fields: { site: 'id' }, entry_label: ['title', 'name'] },
      ],
    });
    const found = await fetchIdentity(record, pinnedOf(server), tokens, depsFor(record));
    expect(found).toMatchObject({ subject: '7', label: 'Ada', name: null, email: null });
    expect(found.offered[0]?.entries.map(({ label }) => label)).toEqual(['One', 'Two']);
    const wrong = quirkyRecord(server, { identity: { ...asked, subject: 'a' } });
    const refused = fetchIdentity(wrong, pinnedOf(server), tokens, depsFor(wrong));
    await expect(refused).rejects.toMatchObject({ code: 'identity_invalid' });
  });
  test('the place of the token itself is refused', async () => {
    const server = await quirkyServer();
    expect(() => quirkyRecord(server, { token_path: 'data.at', response_fields: ['data.at'] })).toThrow(/secret/);
  });
  test.each(['instance_url', 'id', 'realmId', 'team.id', 'token_type', 'account_number'])(
    '%s is kept',
    async (name) => {
      const server = await quirkyServer();
      expect(() => quirkyRecord(server, { response_fields: [name], redirect_fields: [name] })).not.toThrow();
    },
  );
  test('a token under a harmless name is left out', async () => {
    const server = await quirkyServer();
    const [at, rt] = ['at-of-some-length', 'rt-of-some-length'];
    const jwt = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.sig';
    server.on('POST /token', { json: { access_token: at, refresh_token: rt, a: at, b: `x ${rt}`, c: jwt, d: 'fine' } });
    server.on('GET /userinfo', { json: { sub: 'ada' } });
    server.on('GET /x', { json: { e: at, f: 'fine' } });
    const record = quirkyRecord(server, {
      response_fields: ['a', 'b', 'c', 'd'],
      identity: { source: 'userinfo' },
      lookups: [{ endpoint: `${server.url}/x`, fields: { e: 'e', f: 'f' } }],
    });
    const tokens = await runExchange(record, pinnedOf(server));
    expect(tokens.extras).toEqual({ d: 'fine' });
    expect((await fetchIdentity(record, pinnedOf(server), tokens, depsFor(record))).extras).toEqual({ f: 'fine' });
  });
});
