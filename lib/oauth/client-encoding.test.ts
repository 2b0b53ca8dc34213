import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { basicHeader, learnEncoding, learntEncodings, mostHosts } from '#lib/oauth/basic-credentials';
import { introspectToken } from '#lib/oauth/introspect-token';
import { refreshGrant } from '#lib/oauth/refresh-grant';
import { revokeGrant } from '#lib/oauth/revoke-token';
import { depsFor, pinnedOf, quirkyRecord, runExchange } from '#tests/servers/quirky-provider';
import { type QuirkyServer, quirkyServer, type SeenRequest } from '#tests/servers/quirky-server';

const decoders = {
  'a server that decodes': (text: string) => new URLSearchParams(`x=${text}`).get('x'),
  'a server that does not decode': (text: string) => text,
};
type Reader = keyof typeof decoders;

/** Answers tokens to this client alone, and reads its credentials in its own way. */
function listenAs(server: QuirkyServer, reader: Reader, id: string, secret: string) {
  const knows = ({ headers }: SeenRequest) => {
    const text = Buffer.from(headers.authorization?.replace(/^Basic /, '') ?? '', 'base64').toString();
    const at = text.indexOf(':');
    return decoders[reader](text.slice(0, at)) === id && decoders[reader](text.slice(at + 1)) === secret;
  };
  const unless = (json: unknown) => (request: SeenRequest) =>
    knows(request) ? { json } : { status: 401, json: { error: 'invalid_client' } };
  server.on('POST /token', unless({ access_token: 'at', token_type: 'bearer', refresh_token: 'rt' }));
  server.on('POST /revoke', unless({}));
  server.on('POST /introspect', unless({ active: true }));
}

const host = ({ url }: QuirkyServer) => new URL(url).host;

/** Ids and secrets by the kind of their characters; `plain` needs no second request at any server. */
const credentials: [kind: string, id: string, secret: string, plain: boolean][] = [
  ['letters and digits', 'client1', 'secret2', true],
  ['a hyphen (the case)', 'heldout-client', 'top-secret', true],
  ['every character that the serialiser leaves alone', 'a*b-c.d_e', '*-._', true],
  ['a tilde', 'client', 'se~cret', false],
  ['quotes and brackets', "cli'ent(1)", "s'(e)!", false],
  ['a plus and a slash, as base64 has them', 'client', 'ab+c/d==', false],
  ['a space', 'client', 'two words', false],
  ['a percent sign', 'client', '100%25', false],
  ['a colon in the secret', 'client', 'a:b', false],
  ['letters outside of ASCII', 'client', 'schlüssel', false],
];

describe('P-01 HTTP Basic is read by servers that decode it and by servers that do not', () => {
  describe.each(Object.keys(decoders) as Reader[])('%s', (reader) => {
    test.each(credentials)('%s', async (_, id, secret, plain) => {
      const server = await quirkyServer();
      listenAs(server, reader, id, secret);
      const record = quirkyRecord(server, {
        id: `q${randomUUID()}`.slice(0, 36),
        client_id: id,
        client_secret: secret,
      });
      const pinned = pinnedOf(server);
      const deps = depsFor(record);
      expect((await runExchange(record, pinned, deps)).access_token).toBe('at');
      const first = server.seen.length;
      expect(first).toBe(plain || reader === 'a server that decodes' ? 1 : 2);
      // The other calls of this client know by now.
      await refreshGrant(record, pinned, { refreshToken: 'rt' }, deps);
      await revokeGrant(record, pinned, { accessToken: 'at', refreshToken: 'rt' }, deps);
      await introspectToken(record, pinned, { token: 'at' }, deps);
      expect(server.seen.length).toBe(first + 3);
      expect(learntEncodings(record).get(host(server))).toBe(first === 2 ? 'raw' : undefined);
    });
  });

  test('a record that says raw learns form in the same way', async () => {
    const server = await quirkyServer();
    listenAs(server, 'a server that decodes', 'client', 'a+b');
    const record = quirkyRecord(server, { client_id: 'client', client_secret: 'a+b', basic_encoding: 'raw' });
    await runExchange(record, pinnedOf(server));
    expect(learntEncodings(record).get(host(server))).toBe('form');
  });

  test('wrong credentials stay wrong after both readings, and nothing is learnt', async () => {
    const server = await quirkyServer();
    listenAs(server, 'a server that decodes', 'client', 'another ~ secret');
    const record = quirkyRecord(server, { client_id: 'client', client_secret: 'my ~ secret' });
    await expect(runExchange(record, pinnedOf(server))).rejects.toMatchObject({ code: 'invalid_client' });
    expect(server.seen).toHaveLength(2);
    expect(learntEncodings(record).size).toBe(0);
  });

  test('each server that a person may name is read by itself, and each endpoint of one server', async () => {
    const [decodes, plain] = [await quirkyServer(), await quirkyServer()];
    listenAs(decodes, 'a server that decodes', 'client', 'a+b');
    listenAs(plain, 'a server that does not decode', 'client', 'a+b');
    const record = quirkyRecord(plain, {
      ...{ client_id: 'client', client_secret: 'a+b' },
      url_field_hosts: { base: [host(decodes)] },
    });
    const deps = depsFor(record);
    const refresh = (server: QuirkyServer) => refreshGrant(record, pinnedOf(server), { refreshToken: 'rt' }, deps);
    for (const server of [plain, decodes, plain, decodes]) await refresh(server);
    // Only the first call of the one that does not decode was made twice.
    expect([plain.seen.length, decodes.seen.length]).toEqual([3, 2]);
    // The revocation endpoint of the one is at the other.
    const apart = { ...pinnedOf(plain), revocation_endpoint: `${decodes.url}/revoke` };
    await revokeGrant(record, apart, { accessToken: 'at', refreshToken: 'rt' }, deps);
    expect([plain.seen.length, decodes.seen.length]).toEqual([3, 3]);
    expect([...learntEncodings(record)]).toEqual([[host(plain), 'raw']]);
  });

  test('hosts that are learnt without end forget the first', async () => {
    const server = await quirkyServer();
    const record = quirkyRecord(server, { client_id: `c${randomUUID()}`, client_secret: 'a+b' });
    for (let at = 0; at <= mostHosts; at++) learnEncoding(record, `shop-${at}.example`, 'raw');
    expect(learntEncodings(record).size).toBe(mostHosts);
    expect(learntEncodings(record).has('shop-0.example')).toBe(false);
  });

  test('no other refusal is tried again: a code or a refresh token may have been spent', async () => {
    for (const [status, error] of [
      [400, 'invalid_grant'],
      [401, 'invalid_grant'],
      [403, 'unauthorized_client'],
      [400, 'invalid_request'],
      [401, undefined],
    ] as const) {
      const server = await quirkyServer();
      server.on('POST /token', { status, json: error ? { error } : {} });
      const record = quirkyRecord(server, { client_secret: 'a ~ b' });
      await expect(refreshGrant(record, pinnedOf(server), { refreshToken: 'rt' }, depsFor(record))).rejects.toThrow();
      expect(server.seen).toHaveLength(1);
    }
  });

  test('the text is that of the WHATWG form serialiser', async () => {
    const server = await quirkyServer();
    const record = quirkyRecord(server, { client_id: 'a-b.c_d*', client_secret: 'x y~z+%:ü' });
    const text = Buffer.from(basicHeader(record, 'form').slice('Basic '.length), 'base64').toString();
    expect(text).toBe('a-b.c_d*:x+y%7Ez%2B%25%3A%C3%BC');
  });
});
