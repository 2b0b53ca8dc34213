import { describe, expect, test } from 'vitest';
import { providersFileSchema } from '#lib/config/provider-record';
import { buildCatalog } from '#lib/providers/catalog';
import { importRegistry } from '#lib/providers/registry/import-registry';
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
