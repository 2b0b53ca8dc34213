import { describe, expect, test } from 'vitest';
import { providersFileSchema } from '#lib/config/provider-record';
import { buildCatalog } from '#lib/providers/catalog';
import { beyondTheFile } from '#lib/providers/registry-import/beyond-the-file';
import { importRegistry } from '#lib/providers/registry-import/import-registry';
import { relaxedFields } from '#lib/providers/relaxations';
import { least, registry } from '#tests/registry-entries';

describe('an import', () => {
  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('takes a field that is called %s', (field) => {
    const source = registry({ ...least }).replace(/^(\s+)auth_mode/m, `$1${field}: x\n$1auth_mode`);
    expect(importRegistry(source, []).records).toHaveLength(1);
  });

  test('of an alias has the fields of the entry that it names, and its own above them', () => {
    const source = registry({ ...least, body_format: 'json' }, { alias: 'acme', display_name: 'Acme Pro' });
    expect(importRegistry(source, ['acme-1']).records[0]).toMatchObject({
      ...{ id: 'acme-1', name: 'Acme Pro', token_request_format: 'json', issuer: 'https://acme.example' },
    });
  });

  test('without names takes every entry of the authorization code, and says why another one cannot be taken', () => {
    const source = registry(least, { ...least, auth_mode: 'API_KEY' }, least);
    expect(importRegistry(source, []).records.map(({ id }) => id)).toEqual(['acme', 'acme-2']);
    const { records, lines } = importRegistry(source, ['acme-1']);
    expect(records).toEqual([]);
    expect(lines[0]?.message).toContain('API_KEY');
    expect(() => importRegistry(source, ['nothing'])).toThrow('"nothing" is not in the file.');
  });

  test('makes a file that the hub starts with, also where entries share a server', () => {
    const other = { ...least, token_url: 'https://acme.example/other' };
    const { records } = importRegistry(registry(least, other), []);
    const env = { ACME_CLIENT_SECRET: 's', ACME_1_CLIENT_SECRET: 's' };
    const file = providersFileSchema({ appUrl: new URL('https://hub.example'), env }).parse(records);
    expect(buildCatalog({ builtin: {}, file }).list()).toHaveLength(2);
  });

  test('names our preset where there is one', () => {
    const source = JSON.stringify({ slack: least });
    expect(
      importRegistry(source, [])
        .lines.map(({ message }) => message)
        .join(),
    ).toContain('the preset "slack"');
  });
});

describe('the report tells of each check that a record leaves out', () => {
  const other = { ...least, token_url: 'https://acme.example/other' };
  const known = Object.keys(beyondTheFile).map((name): [string, object] => [name, { [name]: least }]);
  test.each<[string, object]>([
    ['without PKCE', { acme: { ...least, disable_pkce: true } }],
    ['with an issuer that entries share', { acme: least, other, third: { ...least, disable_pkce: true } }],
    ...known,
  ])('%s', (_, entries) => {
    const { records, lines } = importRegistry(JSON.stringify(entries), []);
    const relaxed = records.flatMap((record) =>
      [...relaxedFields(record), ...(record.shares_issuer ? ['shares_issuer'] : [])].map((path) => [record.id, path]),
    );
    const told = lines.flatMap(({ provider, kind, message }) => {
      const [, path] = /^the record says "([^"]+)": true/.exec(message) ?? [];
      return path && kind === 'changed' ? [[provider, path]] : [];
    });
    expect(told.toSorted()).toEqual(relaxed.toSorted());
  });
  test.each<[string, object, string, string]>([
    ['without PKCE', { acme: { ...least, disable_pkce: true } }, 'disable_pkce', 'dangerously_without_pkce'],
    ['with an issuer that entries share', { acme: least, other }, '(entry)', 'shares_issuer'],
    ['with tokens in URLs', { instagram: least }, '(code)', 'token_renewal.dangerously_by_get'],
  ])('by its field: %s', (_, entries, field, path) => {
    const { lines } = importRegistry(JSON.stringify(entries), []);
    expect(lines.filter((line) => line.message.includes(`"${path}": true`)).map((line) => line.field)).toContain(field);
  });
  test('and of nothing else', () => {
    const { lines } = importRegistry(JSON.stringify({ acme: { ...least, disable_pkce: false }, b: least }), []);
    expect(lines.filter(({ message }) => message.startsWith('the record says'))).toEqual([]);
  });
});
