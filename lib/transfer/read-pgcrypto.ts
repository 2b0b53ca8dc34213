import { sql } from 'drizzle-orm';
import { rowsOf } from '#lib/db/database';
import { openPostgres } from '#lib/db/open';
import type { SourceLine } from '#lib/transfer/import-row';

interface Row extends Record<string, unknown> {
  ctid: string;
  user_id: unknown;
  access_token: string | null;
  refresh_token: string | null;
  expires_at: string | null;
}

const page = 200;

/** Rows one by one, so that one that the key does not open spoils no other. */
async function* oneByOne(db: ReturnType<typeof openPostgres>['db'], key: string, ctids: string[], first: number) {
  for (const [n, ctid] of ctids.entries()) {
    const line = first + n;
    try {
      const [row] = rowsOf<Row>(await db.execute(opened(key, sql`ctid = ${ctid}::tid`)));
      yield row ? { line, row } : { line, fault: 'is gone from the table' };
    } catch {
      yield { line, fault: 'the key does not open it' };
    }
  }
}

const opened = (key: string, where: ReturnType<typeof sql>) => sql`
  select user_id, pgp_sym_decrypt(access_token, ${key}) as access_token,
    pgp_sym_decrypt(refresh_token, ${key}) as refresh_token,
    to_char(expires_at::timestamptz at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as expires_at
  from oauth_tokens where ${where}`;

/**
 * The rows of `oauth_tokens(user_id, access_token, refresh_token, expires_at)`, with tokens that `pgp_sym_encrypt` of
 * pgcrypto sealed. They are opened in the source's own database, as its programs open them. The line is the row's number
 * in the order of `user_id`.
 * @param url of the source's PostgreSQL; it is only read
 */
export async function* readPgcrypto({ url, key }: { url: string; key: string }): AsyncGenerator<SourceLine> {
  const source = openPostgres(url, { max: 1 });
  try {
    const all = rowsOf<{ ctid: string }>(
      await source.db.execute(sql`select ctid::text as ctid from oauth_tokens order by user_id, ctid`),
    ).map(({ ctid }) => ctid);
    for (let first = 0; first < all.length; first += page)
      yield* oneByOne(source.db, key, all.slice(first, first + page), first + 1);
  } finally {
    await source.close();
  }
}
