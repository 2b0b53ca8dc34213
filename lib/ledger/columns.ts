import { ledger } from '#lib/db/schema/ledger';

/** A row as the table answers it. */
export type LedgerTableRow = typeof ledger.$inferSelect;
/** A row as it is appended. */
export type LedgerRow = typeof ledger.$inferInsert;

/**
 * Every column of the ledger, in its order: fields of the code with the names of the table. Writers, readers, files and
 * the encoding of sealed rows derive from it. A new column, or another order, is a new encoding (see `row-encoding.ts`).
 */
export const ledgerColumns = {
  at: 'at',
  id: 'id',
  xid: 'xid',
  action: 'action',
  outcome: 'outcome',
  code: 'code',
  actorType: 'actor_type',
  actorId: 'actor_id',
  personId: 'person_id',
  connectionId: 'connection_id',
  provider: 'provider',
  apiKeyId: 'api_key_id',
  ip: 'ip',
  requestId: 'request_id',
  count: 'count',
  details: 'details',
} as const satisfies Record<keyof LedgerTableRow, string>;

export type LedgerField = keyof typeof ledgerColumns;
export type LedgerColumn = (typeof ledgerColumns)[LedgerField];

export const ledgerFields = Object.keys(ledgerColumns) as LedgerField[];
export const ledgerColumnNames: readonly LedgerColumn[] = Object.values(ledgerColumns);

/** What the database gives each row itself. */
type GivenField = 'at' | 'id' | 'xid';
export type WrittenField = Exclude<LedgerField, GivenField>;
const given: readonly LedgerField[] = ['at', 'id', 'xid'] satisfies GivenField[];

/** The fields that a writer gives, in their order. */
export const writtenFields = ledgerFields.filter((field): field is WrittenField => !given.includes(field));

/** A written column with its type in SQL, as `jsonb_to_record` wants it. */
export const typedColumn = (field: WrittenField): string => `${ledgerColumns[field]} ${ledger[field].getSQLType()}`;
