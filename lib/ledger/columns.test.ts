import { getTableConfig } from 'drizzle-orm/pg-core';
import { expect, test } from 'vitest';
import { ledger } from '#lib/db/schema/ledger';
import { ledgerColumns, ledgerFields, typedColumn, writtenFields } from '#lib/ledger/columns';

test('the columns are those of the table, by the names that the table has', () => {
  expect(new Set<string>(ledgerFields)).toEqual(new Set(getTableConfig(ledger).columns.map(({ name }) => name)));
  for (const [field, column] of Object.entries(ledgerColumns))
    expect(column).toBe(field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
});

test('a writer gives every column that the database does not', () => {
  expect(writtenFields.map(typedColumn).join(', ')).toBe(
    'action text, outcome text, code text, actor_type text, actor_id text, person_id text, connection_id text, ' +
      'provider text, api_key_id text, ip text, request_id text, count integer, details jsonb',
  );
});
