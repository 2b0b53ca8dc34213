import { type SQL, sql } from 'drizzle-orm';
import { rowsOf } from '#lib/db/database';
import { openPostgres } from '#lib/db/open';
import type { SourceLine } from '#lib/transfer/import-row';

/** A row's place: the table or its partition, and the tuple in it. */
interface Place extends Record<string, unknown> {
  tableoid: string;
  ctid: string;
}

interface Row extends Record<string, unknown> {
  user_id: unknown;
  access_token: string | null;
  refresh_token: string | null;
  expires_at: string | null;
}

type Source = ReturnType<typeof openPostgres>['db'];

const page = 200;

/** `external_routine_invocation_exception`: pgcrypto says so of a wrong key, of broken text, and of bytes that are no text. */
const notOpened = '39000';

/** The source does not answer as the playbook's table does. The message is PostgreSQL's own, which quotes no parameter. */
export class SourceUnreadable extends Error {
  override readonly name = 'SourceUnreadable';
  constructor(reason: string) {
    super(`The table oauth_tokens cannot be read: ${reason}`);
  }
}

/** The driver's error, beneath the one that quotes the statement and its parameters: the key is one of them. */
function driverError(error: unknown): { code: unknown; message: string } {
  let at = error;
  while (at instanceof Error && at.cause instanceof Error) at = at.cause;
  const code = at instanceof Error && 'code' in at ? at.code : undefined;
  return { code, message: at instanceof Error ? at.message || String(code) : 'unknown' };
}

/** @throws SourceUnreadable, in the place of an error with the key among its parameters; null where the key does not open */
async function ask<T extends Record<string, unknown>>(db: Source, query: SQL): Promise<T[] | null> {
  try {
    return rowsOf<T>(await db.execute(query));
  } catch (error) {
    const { code, message } = driverError(error);
    if (code === notOpened) return null;
    throw new SourceUnreadable(message);
  }
}

/** The text of a token: of `bytea`, or of the armor (RFC 9580 §6.2) in which `armor` of pgcrypto writes it. */
const opened = (column: SQL, type: string | undefined, key: string): SQL =>
  type === 'bytea' ? sql`pgp_sym_decrypt(${column}, ${key})` : sql`pgp_sym_decrypt(dearmor(${column}::text), ${key})`;

/** Rows one by one, so that one that the key does not open spoils no other. */
async function* oneByOne(
  db: Source,
  { key, places, first, types }: { key: string; places: readonly Place[]; first: number; types: Types },
): AsyncGenerator<SourceLine> {
  for (const [n, { tableoid, ctid }] of places.entries()) {
    const line = first + n;
    const rows = await ask<Row>(
      db,
      sql`select user_id, ${opened(sql`access_token`, types.access_token, key)} as access_token,
        ${opened(sql`refresh_token`, types.refresh_token, key)} as refresh_token,
        to_char(expires_at::timestamptz at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as expires_at
        from oauth_tokens where tableoid = ${tableoid}::oid and ctid = ${ctid}::tid`,
    );
    const [row] = rows ?? [];
    if (row) yield { line, row };
    else yield { line, fault: rows ? 'is gone from the table' : 'the key does not open it, or it opens to no text' };
  }
}

type Types = Record<string, string>;

async function typesOf(db: Source): Promise<Types> {
  const rows = await ask<{ name: string; type: string }>(
    db,
    sql`select attname as name, atttypid::regtype::text as type from pg_attribute
      where attrelid = 'oauth_tokens'::regclass and attnum > 0 and not attisdropped`,
  );
  return Object.fromEntries((rows ?? []).map(({ name, type }) => [name, type]));
}

/**
 * The rows of `oauth_tokens(user_id, access_token, refresh_token, expires_at)`, with tokens that `pgp_sym_encrypt` of
 * pgcrypto sealed, in whatever cipher, as bytes or in armor. They are opened in the source's own database, as its programs
 * open them. The line is the row's number in the order of `user_id`.
 * @param url of the source's PostgreSQL; it is only read
 * @throws SourceUnreadable where there is no such database, table, column or extension
 */
export async function* readPgcrypto({ url, key }: { url: string; key: string }): AsyncGenerator<SourceLine> {
  if (!URL.canParse(url)) throw new SourceUnreadable('IMPORT_DATABASE_URL is no address.');
  const source = openPostgres(url, { max: 1 });
  try {
    const types = await typesOf(source.db);
    const all = await ask<Place>(
      source.db,
      sql`select tableoid::text as tableoid, ctid::text as ctid from oauth_tokens order by user_id, tableoid, ctid`,
    );
    for (let at = 0; at < (all?.length ?? 0); at += page)
      yield* oneByOne(source.db, { key, places: all?.slice(at, at + page) ?? [], first: at + 1, types });
  } finally {
    await source.close();
  }
}
