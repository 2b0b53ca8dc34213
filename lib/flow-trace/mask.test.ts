import { describe, expect, test } from 'vitest';
import { shownFields } from '#lib/flow-trace/mask';
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
