import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import type { Runtime } from '#lib/context';
import { basicEncodings } from '#lib/db/schema/basic-encodings';
import { mostHosts, onLearntEncoding, recallEncodings } from '#lib/oauth/basic-credentials';
import type { OAuthProvider } from '#lib/oauth/types';

type Encoding = OAuthProvider['basic_encoding'];

/** A record as the rows name it: another issuer or client of the same id has learnt nothing. */
const ofRecord = (t: typeof basicEncodings, { id, issuer, client_id }: OAuthProvider) =>
  and(eq(t.provider, id), eq(t.issuer, issuer), eq(t.clientId, client_id));

/**
 * Writes what a host was found to read; the record's own encoding needs no row. Of one record 200 hosts are kept, since
 * people may name hosts. @throws what the database says
 */
export async function keepEncoding(
  { database: { db } }: Pick<Runtime, 'database'>,
  record: OAuthProvider,
  host: string,
  encoding: Encoding,
): Promise<void> {
  const t = basicEncodings;
  if (encoding === record.basic_encoding) {
    await db.delete(t).where(and(ofRecord(t, record), eq(t.host, host)));
    return;
  }
  await db
    .insert(t)
    .values({ provider: record.id, issuer: record.issuer, clientId: record.client_id, host, encoding })
    .onConflictDoUpdate({
      target: [t.provider, t.issuer, t.clientId, t.host],
      set: { encoding, learntAt: sql`clock_timestamp()` },
    });
  const older = db
    .select({ host: t.host })
    .from(t)
    .where(ofRecord(t, record))
    .orderBy(desc(t.learntAt), t.host)
    .offset(mostHosts);
  await db.delete(t).where(and(ofRecord(t, record), inArray(t.host, older)));
}

/** Takes over what all processes have learnt of this process's providers. @throws what the database says */
export async function recallLearnt({ database, providers }: Pick<Runtime, 'database' | 'providers'>): Promise<void> {
  const rows = await database.db.select().from(basicEncodings).orderBy(basicEncodings.learntAt);
  const byProvider = Map.groupBy(rows, ({ provider }) => provider);
  for (const record of providers.list()) {
    const own = (byProvider.get(record.id) ?? []).filter(
      ({ issuer, clientId }) => issuer === record.issuer && clientId === record.client_id,
    );
    recallEncodings(record, new Map(own.map(({ host, encoding }) => [host, encoding])));
  }
}

/**
 * Keeps what this process learns from now on. Where the database is out of reach the process that learnt it asks the server
 * twice again after the next recall, no more. Returns what ends it.
 */
export function keepLearntEncodings(
  runtime: Pick<Runtime, 'database' | 'providers'>,
  keeping: (work: Promise<void>) => void,
): () => void {
  return onLearntEncoding((provider, host, encoding) => {
    if (runtime.providers.get(provider.id)?.issuer === provider.issuer)
      keeping(keepEncoding(runtime, provider, host, encoding));
  });
}
