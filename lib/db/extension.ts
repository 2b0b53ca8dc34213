import { sql } from 'drizzle-orm';
import { type Db, rowsOf } from '#lib/db/database';

/** The server lacks pg_trgm, or the role that migrates may not add it: somebody else has to, once. */
export class ExtensionMissing extends Error {
  override readonly name = 'ExtensionMissing';
  readonly code = 'extension_missing';
  constructor(cause: unknown) {
    super(
      'Search needs the PostgreSQL extension pg_trgm, and the role that migrates could not add it to the database. Let a superuser run `create extension pg_trgm` there once (it comes with PostgreSQL’s contrib modules), then migrate again.',
      { cause },
    );
  }
}

/**
 * Adds pg_trgm where it is missing. It is a trusted extension: the database's owner may, and so may who has CREATE on it.
 * @throws ExtensionMissing where the role may not, or the server does not have it
 */
export async function ensureTrigrams(db: Db): Promise<void> {
  const [row] = rowsOf<{ there: boolean }>(
    await db.execute(sql`select exists (select 1 from pg_extension where extname = 'pg_trgm') as there`),
  );
  if (row?.there) return;
  await db.execute(sql`create extension if not exists pg_trgm`).catch((cause: unknown) => {
    // Insufficient privilege; no such extension on this server (its control file is missing).
    if (['42501', '58P01', '0A000'].includes(codeOf(cause) ?? '')) throw new ExtensionMissing(cause);
    throw cause;
  });
}

function codeOf(error: unknown): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return undefined;
}
