import { describe, expect, test } from 'vitest';
import { mayBeToken, shownFields } from '#lib/flow-trace/mask';
import { suggest } from '#lib/flow-trace/suggest';
import type { ProviderRecord } from '#lib/providers/record';

const token = 'abcdefghijklmnopqrstuvwxyzABCD';

describe('a token without digits reaches no trace', () => {
  test.each([
    ['as the word for its type', { access_token: token, token_type: token }],
    ['as the name of a field', { access_token: token, [`${token}_expires`]: 1, [`scope_${token}`]: 'a' }],
  ])('%s of a hint', (_, body) => {
    const record = {
      ...{ token_path: [], bearer_token_types: [], scopes: ['a'], scope_field: null, absent_scope: 'as_asked' },
      ...{ expires_default: null, identity: { key: ['sub'], source: 'id_token' } },
    } as unknown as ProviderRecord;
    const seen = {
      ...{ answers: [{ url: 'u', body }], tokenEndpoint: 'u', redirect: null, code: null },
      ...{ expiresIn: null, scopes: null, missing: [] },
    };
    expect(JSON.stringify(suggest(record, seen, new Set([token])))).not.toContain(token);
  });
  test.each([
    ['JSON', JSON.stringify({ access_token: token })],
    ['a form', `a=b&access_token=${token}`],
    ['a header', `Bearer ${token}`],
  ])('inside of %s in a text', (_, text) => {
    expect(JSON.stringify(shownFields([['answer', text]], new Set()))).not.toContain(token);
  });
});

test.each([
  ['https://as.example', 'https://as.example'],
  ['https://as.example/', 'https://as.example/'],
  ['HTTPS://AS.example/a/../b', 'HTTPS://AS.example/a/../b'],
  ['https://as.example?code=a', 'https://as.example?…'],
  ['https://as.example/cb#code=a', 'https://as.example/cb?…'],
])('the URL %s is shown letter by letter, and nothing of its query', (url, shown) => {
  expect(shownFields([['iss', url]], new Set())).toEqual([{ name: 'iss', value: shown, masked: false }]);
});

test.each(['a', 'eyJ', '//::', 'Aa-', '%41', '&amp;', '\\u0041', 'https://a.', '\u0000'])(
  'a megabyte of %j as a value or a name is shown, or masked, in one go',
  (part) => {
    const long = part.repeat(2 ** 20 / part.length);
    const [field] = shownFields([[long, long]], new Set(['a-secret-of-the-flow']));
    expect(field?.name.length).toBeLessThan(400);
    expect(field?.value.length).toBeLessThan(400);
  },
);

describe('a JSON Web Token is found', () => {
  test.each([
    ['alone', 'eyJh.b', true],
    ['behind other parts', 'x.y.eyJh.b', true],
    ['within a part', 'xeyJh.b', true],
    ['in a text', 'it says eyJh.b, twice', true],
    ['but not without a header', 'eyJ.b', false],
    ['nor without a body', 'eyJh. b', false],
  ])('%s', (_, text, found) => {
    expect(mayBeToken(text)).toBe(found);
  });
  test('in time that grows with the text, also where it seems to begin at every third letter', () => {
    expect(mayBeToken('eyJ'.repeat(2 ** 20 / 3))).toBe(false);
  });
});

describe('a list of scopes is shown, scope by scope', () => {
  const google = ['drive.readonly', 'spreadsheets-2b4.readonly', 'userinfo.email'].map(
    (name) => `https://www.googleapis.com/auth/${name}`,
  );
  const odd = 'r_1st_connections_size_v2';
  const shown = (name: string, value: unknown, known: string[] = []) =>
    shownFields([[name, value]], new Set(['a-secret-of-the-flow']), new Set(known))[0];
  test.each([
    ['of the request', 'scope', ' '],
    ['of the answer, joined by commas', 'scope', ','],
    ['deeper in the answer', 'authed_user.scope', ', '],
    ['under a name of the server', 'granted_scopes', ' '],
    ['that is missing', 'scopes that are missing', ' '],
  ])('%s', (_, name, separator) => {
    const list = [...google, odd, 'openid'].join(separator);
    expect(shown(name, list, [...google, odd])).toEqual({ name, value: list, masked: false });
  });
  test('one that looks like a token is masked alone, unless the record has it', () => {
    const opaque = 'gXz1LUmw0mP7nQb3';
    const list = `openid ${opaque} ${odd}`;
    expect(shown('scope', list, [odd])).toMatchObject({ value: `openid ‹text, 16 characters› ${odd}`, masked: true });
    expect(shown('scopes.3', opaque)?.value).toBe('‹text, 16 characters›');
  });
  test('a list that holds a secret of the flow is masked whole', () => {
    expect(shown('scope', 'openid a-secret-of-the-flow')?.value).toBe('‹text, 27 characters›');
    expect(shown('scope', 'openid eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.x')?.masked).toBe(true);
  });
  test('hundreds of them are cut behind a whole one', () => {
    const many = Array.from({ length: 400 }, (_, at) => `files.read.${at}`).join(' ');
    const value = shown('scope', many)?.value ?? '';
    expect(value.length).toBeLessThan(2_100);
    expect(value).toMatch(/^files\.read\.0 .* files\.read\.\d{3} …$/);
    expect(many).toContain(value.slice(0, -2));
  });
});
