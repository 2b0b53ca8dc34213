import { and, desc, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { actorId } from '#lib/actor';
import { changesOf, factsOf, movedEndpoints } from '#lib/checks/metadata-facts';
import type { Context, Runtime } from '#lib/context';
import { lockFor } from '#lib/db/advisory-locks';
import { type Db, withTransaction } from '#lib/db/database';
import { type MetadataChange, type MetadataFacts, providerMetadata } from '#lib/db/schema/provider-metadata';
import { AppError } from '#lib/errors';
import { requireAdministrator, requireReader } from '#lib/guards/require';
import { record } from '#lib/ledger/record';
import { recallMetadata } from '#lib/oauth/discover-metadata';
import { parseInput } from '#lib/parse-input';
import type { ProviderRecord } from '#lib/providers/record';
import { requireStepUp } from '#lib/sign-in/step-up';
import { transactAs } from '#lib/sign-in/transact-as';

const mostShown = 20;

const of = (provider: string, issuer: string) =>
  and(eq(providerMetadata.provider, provider), eq(providerMetadata.issuer, issuer));

const newest = (db: Db, where: ReturnType<typeof and>) =>
  db.select().from(providerMetadata).where(where).orderBy(desc(providerMetadata.id)).limit(1);

/** How the metadata stands against what was accepted. */
export interface Standing {
  first: boolean;
  /** Since the last look. */
  changes: MetadataChange[];
  /** The endpoints that wait for an administrator. */
  moved: string[];
}

/**
 * Compares what the server says with what it said, and keeps the difference. A change that moves no endpoint to another
 * host is accepted as it comes.
 * @param issuer the server's own, with the parts of an account where the record has some
 */
export function keepMetadata(
  ctx: Context,
  provider: Pick<ProviderRecord, 'id'>,
  issuer: string,
  document: Readonly<Record<string, unknown>>,
): Promise<Standing> {
  const facts = factsOf(document);
  return withTransaction(ctx.database.db, async (tx) => {
    await lockFor(tx, 'checks');
    const own = of(provider.id, issuer);
    const [last] = await newest(tx, own);
    const row = { provider: provider.id, issuer, facts };
    if (!last) {
      await tx.insert(providerMetadata).values({ ...row, acceptedAt: sql`clock_timestamp()` as unknown as Date });
      return { first: true, changes: [], moved: [] };
    }
    const [accepted = last] = await newest(tx, and(own, isNotNull(providerMetadata.acceptedAt)));
    const moved = movedEndpoints(accepted.facts, facts);
    const changes = changesOf(last.facts, facts);
    if (changes.length === 0) return { first: false, changes, moved: last.acceptedAt ? [] : moved };
    const acceptedAt = moved.length > 0 ? null : (sql`clock_timestamp()` as unknown as Date);
    await tx.insert(providerMetadata).values({ ...row, changes, moved: moved.length > 0, acceptedAt });
    await record(tx, ctx, {
      action: 'provider.metadata_changed',
      outcome: moved.length > 0 ? 'failed' : 'ok',
      provider: provider.id,
      details: { changed: changes.map(({ name }) => name), moved },
    });
    return { first: false, changes, moved };
  });
}

/** A server's metadata as it stood from one moment on. */
export interface MetadataView {
  id: number;
  issuer: string;
  seenAt: Date;
  facts: MetadataFacts;
  changes: MetadataChange[];
  /** `waiting`: the hub does not go by it, until an administrator accepts it. `replaced`: it changed again before that. */
  state: 'accepted' | 'waiting' | 'replaced';
}

const providerInput = z.object({ provider: z.string().max(64) });

/** What a provider's metadata said, the newest first. @throws AppError `unauthenticated`, `forbidden`, `not_found` */
export async function listMetadata(ctx: Context, input: z.input<typeof providerInput>): Promise<MetadataView[]> {
  requireReader(ctx);
  const provider = ctx.providers.get(parseInput(providerInput, input).provider);
  if (!provider) throw new AppError('not_found');
  const rows = await ctx.database.db
    .select()
    .from(providerMetadata)
    .where(eq(providerMetadata.provider, provider.id))
    .orderBy(desc(providerMetadata.id))
    .limit(mostShown);
  return rows.map(({ id, issuer, seenAt, facts, changes, acceptedAt }, at) => {
    const last = rows.findIndex((row) => row.issuer === issuer) === at;
    return { id, issuer, seenAt, facts, changes, state: acceptedAt ? 'accepted' : last ? 'waiting' : 'replaced' };
  });
}

export const acceptMetadataInput = z.object({
  provider: z.string().max(64),
  /** The very row that the administrator saw. */
  id: z.coerce.number().int().positive(),
});

/**
 * Lets the hub go by moved endpoints from now on: it will send the client's secret and tokens there.
 * @throws AppError `unauthenticated`, `person_disabled`, `forbidden`, `step_up_required`, `invalid_request`, `not_found`,
 *   `conflict` where the metadata has changed again
 */
export async function acceptMetadata(ctx: Context, input: z.input<typeof acceptMetadataInput>): Promise<void> {
  requireAdministrator(ctx);
  const { provider: id, id: seen } = parseInput(acceptMetadataInput, input);
  const provider = ctx.providers.get(id);
  if (!provider) throw new AppError('not_found');
  await requireStepUp(ctx);
  await transactAs(ctx, async (tx) => {
    await lockFor(tx, 'checks');
    const [row] = await newest(tx, and(eq(providerMetadata.provider, id), eq(providerMetadata.id, seen)));
    const [last] = row ? await newest(tx, of(id, row.issuer)) : [];
    if (!last || last.id !== seen) throw new AppError('conflict');
    const accepted = await tx
      .update(providerMetadata)
      .set({ acceptedAt: sql`clock_timestamp()` as unknown as Date, acceptedBy: actorId(ctx.actor) })
      .where(and(eq(providerMetadata.id, seen), isNull(providerMetadata.acceptedAt)))
      .returning({ id: providerMetadata.id });
    if (accepted.length === 0) return;
    await record(tx, ctx, {
      action: 'provider.metadata_accepted',
      provider: provider.id,
      details: { changed: last.changes.map(({ name }) => name) },
    });
  });
  await learnAcceptedMetadata(ctx);
}

/**
 * Lets this process go by the accepted metadata of each provider, also where it has just begun: a server that moved its
 * endpoints while no process ran is not followed either. Asked for with each sign of life, since any process may accept.
 */
export async function learnAcceptedMetadata(runtime: Runtime): Promise<void> {
  const rows = await runtime.database.db
    .selectDistinctOn([providerMetadata.provider, providerMetadata.issuer], {
      provider: providerMetadata.provider,
      issuer: providerMetadata.issuer,
      facts: providerMetadata.facts,
    })
    .from(providerMetadata)
    .where(isNotNull(providerMetadata.acceptedAt))
    .orderBy(providerMetadata.provider, providerMetadata.issuer, desc(providerMetadata.id));
  for (const { provider: id, issuer, facts } of rows) {
    const provider = runtime.providers.get(id);
    const own = provider?.issuer === issuer || provider?.issuer.includes('{');
    if (provider && own && provider.discovery !== 'none')
      recallMetadata(provider, issuer, provider.discovery, runtime, facts);
  }
}
