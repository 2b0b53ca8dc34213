import { and, eq, sql } from 'drizzle-orm';
import type { Runtime } from '#lib/context';
import { basicEncodings } from '#lib/db/schema/basic-encodings';
import { onLearntEncoding, recallEncoding } from '#lib/oauth/basic-credentials';
import type { OAuthProvider } from '#lib/oauth/types';

type Encoding = OAuthProvider['basic_encoding'];

const nameOf = (provider: string, issuer: string, clientId: string) => JSON.stringify([provider, issuer, clientId]);

/** Writes what a server was found to read; the record's own encoding needs no row. @throws what the database says */
export async function keepEncoding(
  { database: { db } }: Pick<Runtime, 'database'>,
  { id: provider, issuer, client_id: clientId, basic_encoding }: OAuthProvider,
  encoding: Encoding,
): Promise<void> {
  const t = basicEncodings;
  if (encoding === basic_encoding) {
    await db.delete(t).where(and(eq(t.provider, provider), eq(t.issuer, issuer), eq(t.clientId, clientId)));
    return;
  }
  await db
    .insert(t)
    .values({ provider, issuer, clientId, encoding })
    .onConflictDoUpdate({
      target: [t.provider, t.issuer, t.clientId],
      set: { encoding, learntAt: sql`clock_timestamp()` },
    });
}

/** Takes over what all processes have learnt of this process's providers. @throws what the database says */
export async function recallEncodings({ database, providers }: Pick<Runtime, 'database' | 'providers'>): Promise<void> {
  const { provider, issuer, clientId, encoding } = basicEncodings;
  const rows = await database.db.select({ provider, issuer, clientId, encoding }).from(basicEncodings);
  const kept = new Map(rows.map((row) => [nameOf(row.provider, row.issuer, row.clientId), row.encoding]));
  for (const record of providers.list())
    recallEncoding(record, kept.get(nameOf(record.id, record.issuer, record.client_id)));
}

/**
 * Keeps what this process learns from now on. Where the database is out of reach the process that learnt it asks the server
 * twice again after the next recall, no more. Returns what ends it.
 */
export function keepLearntEncodings(runtime: Runtime, keeping: (work: Promise<void>) => void): () => void {
  return onLearntEncoding((provider, encoding) => {
    if (runtime.providers.get(provider.id)?.issuer === provider.issuer)
      keeping(keepEncoding(runtime, provider, encoding));
  });
}
