import { expect, test } from 'vitest';
import { describeApi } from '#lib/api/describe';
import type { ApiDocument, ApiOperation, ApiSchema } from '#lib/api/document-shape';
import { curlExample } from './curl-example.ts';
import { exampleOf, limitsOf, othersOf, typeOf, withFields } from './schema-text.ts';

const words = (schema: ApiSchema) =>
  typeOf(schema)
    .map(({ text }) => text)
    .join('');

test.each<[ApiSchema, string]>([
  [{ type: 'string' }, 'text'],
  [{ type: ['string', 'null'], format: 'date-time' }, 'time or null'],
  [{ type: 'string', format: 'uri' }, 'text (uri)'],
  [{ type: ['integer', 'null'] }, 'whole number or null'],
  [{ $ref: '#/components/schemas/Account' }, 'Account'],
  [{ type: 'array', items: { $ref: '#/components/schemas/Account' } }, 'list of Account'],
  [{ anyOf: [{ $ref: '#/components/schemas/Account' }, { type: 'null' }] }, 'Account or null'],
  [{ oneOf: [{ type: 'string' }, { type: 'boolean' }] }, 'text or boolean'],
  [{ allOf: [{ $ref: '#/components/schemas/A' }, { $ref: '#/components/schemas/B' }] }, 'A and B'],
  [
    { type: 'object', additionalProperties: { anyOf: [{ type: 'string' }, { type: 'number' }] } },
    'names with values: text or number',
  ],
  [{ type: ['object', 'null'], properties: {} }, 'object or null'],
  [{ const: 'revoked' }, '"revoked"'],
  [{}, 'anything'],
])('the type of %j is “%s”', (schema, text) => {
  expect(words(schema)).toBe(text);
});

test('a reference within a type is a link to its schema', () => {
  expect(typeOf({ type: 'array', items: { $ref: '#/components/schemas/Account' } })).toEqual([
    { text: 'list of ' },
    { text: 'Account', schema: 'Account' },
  ]);
});

test('limits are said in sentences', () => {
  expect(limitsOf({ minimum: 1, maximum: 100, default: 50 })).toEqual(['1 to 100.', '`50` unless given.']);
  expect(limitsOf({ enum: ['a', 'b'] })).toEqual(['One of `a`, `b`.']);
  expect(limitsOf({ enum: ['a'] })).toEqual(['Always `a`.']);
  expect(limitsOf({ pattern: '^a$', minimum: 0 })).toEqual(['At least 0.', 'Matches `^a$`.']);
});

test('fields within lists and choices belong to the page too', () => {
  const inner: ApiSchema = { type: 'object', properties: { path: { type: 'string' } } };
  expect(withFields({ type: 'array', items: inner })).toEqual([inner]);
  expect(withFields({ anyOf: [inner, { type: 'null' }] })).toEqual([inner]);
  expect(withFields({ $ref: '#/components/schemas/Account' })).toEqual([]);
});

test('what may stand beside the named fields is said', () => {
  expect(othersOf({ properties: {}, additionalProperties: {} })).toContain('may stand beside');
  expect(othersOf({ properties: {}, additionalProperties: false })).toContain('No other');
  expect(othersOf({ properties: {} })).toBeNull();
});

test('an example is made of the examples of the parts, and a schema within itself ends it', () => {
  const document = structuredClone(describeApi());
  expect(exampleOf(document, { $ref: '#/components/schemas/Account' })).toEqual({
    issuer: 'https://accounts.google.com',
    subject: '110248495921238986420',
    label: 'ada@example.com',
  });
  document.components.schemas.Tree = { type: 'object', properties: { left: { $ref: '#/components/schemas/Tree' } } };
  expect(JSON.stringify(exampleOf(document, { $ref: '#/components/schemas/Tree' }))).toMatch(/^\{"left":/);
});

const operation = (path: string, method: string): ApiOperation => {
  const found = describeApi().paths[path]?.[method];
  if (!found) throw new Error('it is in the document');
  return found;
};

function curl(path: string, method: string, over: { body?: boolean; document?: ApiDocument } = {}): string {
  const { body = false, document = describeApi() } = over;
  return curlExample({ document, operation: operation(path, method), path, method, origin: 'https://hub.test', body });
}

test('a call reads the key from the shell and has this hub’s address', () => {
  expect(curl('/api/v1/connections', 'get')).toBe(
    'curl -sS \\\n  -H "Authorization: Bearer $GRANTKEEP_API_KEY" \\\n  \'https://hub.test/api/v1/connections\'',
  );
  const path = '/api/v1/connections/{id}/token';
  expect(curl(path, 'post')).toMatch(/^curl -sS \\\n {2}-X POST .*\/connections\/con_[a-z0-9]+\/token'$/s);
  expect(curl(path, 'post')).not.toContain(' -d ');
  expect(curl(path, 'post', { body: true })).toMatch(
    /-d '\{"rejected_token_fingerprint":"[A-Za-z0-9+/=]+","purpose":"[^"]+","scopes":\["email"\]\}'/,
  );
});

test('no example can leave its quotes in the shell', () => {
  const document = structuredClone(describeApi());
  document.components.schemas.TokenRequest = { type: 'string', example: "it's $(here)" };
  expect(curl('/api/v1/connections/{id}/token', 'post', { body: true, document })).toContain(`-d '"it'\\''s $(here)"'`);
});
