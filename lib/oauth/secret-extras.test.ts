import { describe, expect, test } from 'vitest';
import { fetchIdentity } from '#lib/oauth/fetch-identity';
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
