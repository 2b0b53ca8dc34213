import { describe, expect, test } from 'vitest';
import { beyondTheFile } from '#lib/providers/registry-import/beyond-the-file';
import { importRegistry } from '#lib/providers/registry-import/import-registry';
import { relaxedFields } from '#lib/providers/relaxations';
import { least } from '#tests/registry-entries';

describe('what the registry does by code', () => {
  test.each(Object.entries(beyondTheFile))(
    'for %s is a record that the schema takes, or is named',
    (name, { fields, write, lost }) => {
      const { records, lines } = importRegistry(JSON.stringify({ [name]: least }), [name]);
      expect(records).toHaveLength(1);
      const kinds = lines.filter(({ field }) => field === '(code)').map(({ kind, part }) => ({ kind, part }));
      const changed = { kind: 'changed', part: 'exchange' };
      const renews = { kind: 'changed', part: 'refresh' };
      expect(kinds).toEqual([
        ...(fields ? [changed] : []),
        ...(write ? [changed] : []),
        ...(lost ? [{ kind: 'lost', part: lost[0] }] : []),
        ...relaxedFields(fields ?? {}).map((path) => (path.startsWith('token_renewal') ? renews : changed)),
      ]);
    },
  );

  test('is looked up by names of the table only', () => {
    const source = JSON.stringify({ constructor: least });
    expect(importRegistry(source, ['constructor']).lines.some(({ field }) => field === '(code)')).toBe(false);
  });
});
