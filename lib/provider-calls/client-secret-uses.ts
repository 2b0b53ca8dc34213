import { createHmac } from 'node:crypto';
import { and, eq, inArray, sql } from 'drizzle-orm';
import { configurationKey } from '#lib/config/configuration-key';
import type { Context, Runtime } from '#lib/context';
import { clientSecretUses } from '#lib/db/schema/client-secret-uses';
import { requireReader } from '#lib/guards/require';
import { returnTallies, takeTallies, type WhichSecret } from '#lib/oauth/client-secrets';
import type { SecretText } from '#lib/oauth/types';
import type { ProviderRecord } from '#lib/providers/record';

const which = ['current', 'previous'] as const;

type Parts = Pick<Runtime, 'config' | 'database' | 'providers'>;

/** What stands for a secret in the database: a keyed hash, so that a reader of it learns nothing. */
function fingerprintOf({ config }: Pick<Parts, 'config'>, record: ProviderRecord, secret: SecretText): string {
  const text = JSON.stringify(['client secret', record.id, record.client_id, secret.reveal()]);
  return createHmac('sha256', configurationKey(config)).update(text).digest('base64url');
}

/**
 * Adds what this process counted since the last call. Counts that cannot be written stay for the next call.
 * @throws what the database says
 */
export async function keepSecretUses(runtime: Parts): Promise<void> {
  const t = clientSecretUses;
  for (const record of runtime.providers.list()) {
    const tallies = takeTallies(record);
    const rows = tallies.map(({ secret, uses, refusals }) => {
      const now = sql<Date>`clock_timestamp()`;
      const moments = { lastUsedAt: uses > 0 ? now : null, lastRefusedAt: refusals > 0 ? now : null };
      return { provider: record.id, fingerprint: fingerprintOf(runtime, record, secret), uses, refusals, ...moments };
    });
    try {
      if (rows.length > 0)
        await runtime.database.db
          .insert(t)
          .values(rows.toSorted((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1)))
          .onConflictDoUpdate({
            target: [t.provider, t.fingerprint],
            set: {
              uses: sql`${t.uses} + excluded.uses`,
              refusals: sql`${t.refusals} + excluded.refusals`,
              lastUsedAt: sql`coalesce(excluded.last_used_at, ${t.lastUsedAt})`,
              lastRefusedAt: sql`coalesce(excluded.last_refused_at, ${t.lastRefusedAt})`,
            },
          });
    } catch (error) {
      returnTallies(record, tallies);
      throw error;
    }
  }
}

/** A configured client secret and how the provider took it, by all processes. */
export interface ClientSecretUse {
  which: WhichSecret;
  /** Null: it was not shown to the provider yet. Moments: the first count, the last use, the last refusal. */
  counted: { since: Date; uses: number; lastUsedAt: Date | null; refusals: number; lastRefusedAt: Date | null } | null;
}

/** The client secrets of a record, the current one first; none for a client without. @throws AppError `unauthenticated`, `forbidden` */
export async function listClientSecrets(ctx: Context, record: ProviderRecord): Promise<ClientSecretUse[]> {
  requireReader(ctx);
  const configured = which.flatMap((one) => {
    const secret = one === 'current' ? record.client_secret : record.client_secret_previous;
    return secret ? [{ which: one, fingerprint: fingerprintOf(ctx, record, secret) }] : [];
  });
  if (configured.length === 0) return [];
  const t = clientSecretUses;
  const fingerprints = configured.map(({ fingerprint }) => fingerprint);
  const rows = await ctx.database.db
    .select()
    .from(t)
    .where(and(eq(t.provider, record.id), inArray(t.fingerprint, fingerprints)));
  return configured.map(({ which, fingerprint }) => {
    const row = rows.find((one) => one.fingerprint === fingerprint);
    if (!row) return { which, counted: null };
    const { firstSeenAt: since, uses, lastUsedAt, refusals, lastRefusedAt } = row;
    return { which, counted: { since, uses, lastUsedAt, refusals, lastRefusedAt } };
  });
}
