import { and, eq, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { actorId } from '#lib/actor';
import type { Context } from '#lib/context';
import { type Db, rowsOf, withTransaction } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { providerStops } from '#lib/db/schema/provider-stops';
import { AppError } from '#lib/errors';
import { requireAdministrator, requireReader } from '#lib/guards/require';
import { reasonText } from '#lib/ledger/reason';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { requireStepUp } from '#lib/sign-in/step-up';
import { transactAs } from '#lib/sign-in/transact-as';

/** So many people with grants that a provider refuses, within so many minutes, stop its refreshes. */
const severalPeople = 3;
const withinMinutes = 10;
/** One refresh this often may find out that grants are renewed again. */
const probeSeconds = 120;
/** For so long a person's word stands that refusals are what they are. */
const trustMinutes = 60;

/** Where refreshes are stopped: a provider's connections of one issuer. */
export interface StopKey {
  provider: string;
  issuer: string;
}

const at = ({ provider, issuer }: StopKey) =>
  and(eq(providerStops.provider, provider), eq(providerStops.issuer, issuer));
const stands = (key: StopKey) => and(at(key), isNull(providerStops.endedAt));

/** True where refreshes of the connection are stopped. */
export const isStopped = sql<boolean>`exists (select 1 from ${providerStops} where ${providerStops.endedAt} is null
  and ${providerStops.provider} = ${connections}.provider and ${providerStops.issuer} = ${connections}.issuer)`;

/** True where refreshes of the provider's connections of that issuer are stopped. */
export async function isStoppedAt(db: Db, key: StopKey): Promise<boolean> {
  return (await db.select({ provider: providerStops.provider }).from(providerStops).where(stands(key))).length > 0;
}

/**
 * Stops the refreshes of a provider where it ended the grants of several people within minutes and renewed fewer since:
 * then it is more likely the provider than the people. Call it in the transaction that notes such a refusal.
 * @returns true where they are stopped, by this or before
 */
export async function stopWhereSeveral(tx: Db, ctx: Context, key: StopKey): Promise<boolean> {
  const { provider, issuer } = key;
  const [seen] = rowsOf<{ people: number; renewed: number; stopped: boolean; trusted: boolean }>(
    await tx.execute(sql`with refused as (
        select person_id, refused_at from connections where provider = ${provider} and issuer = ${issuer}
          and refused_at > clock_timestamp() - make_interval(mins => ${withinMinutes}::int) limit 1000),
      renewed as (select distinct person_id from connections where provider = ${provider} and issuer = ${issuer}
          and status = 'connected' and refresh_token is not null
          and greatest(last_refreshed_at, connected_at) > (select min(refused_at) from refused)
          and last_refreshed_at > (select min(refused_at) from refused) limit 1000)
      select (select count(distinct person_id)::int from refused) as people,
        (select count(*)::int from renewed) as renewed,
        exists (select 1 from provider_stops where provider = ${provider} and issuer = ${issuer}
          and ended_at is null) as stopped,
        exists (select 1 from provider_stops where provider = ${provider} and issuer = ${issuer}
          and not_before > clock_timestamp()) as trusted`),
  );
  if (!seen || seen.stopped) return seen?.stopped ?? false;
  if (seen.trusted || seen.people < severalPeople || seen.renewed > seen.people) return false;
  const nextProbeAt = sql`clock_timestamp() + make_interval(secs => ${probeSeconds})`;
  const begun = await tx
    .insert(providerStops)
    .values({ provider, issuer, people: seen.people, nextProbeAt: nextProbeAt as unknown as Date })
    .onConflictDoUpdate({
      target: [providerStops.provider, providerStops.issuer],
      set: { stoppedAt: sql`clock_timestamp()`, people: seen.people, nextProbeAt, endedAt: null, endedBy: null },
      setWhere: sql`${providerStops.endedAt} is not null`,
    })
    .returning({ provider: providerStops.provider });
  if (begun.length > 0) {
    const details = { people: seen.people, minutes: withinMinutes };
    await record(tx, ctx, { action: 'provider.stopped', outcome: 'failed', provider, code: 'grants_refused', details });
    ctx.log.error({ event: 'provider_stopped', provider, people: seen.people });
  }
  return true;
}

/** The issuers for which a provider's refreshes are stopped. */
export async function stoppedIssuers(ctx: Context, provider: string): Promise<Set<string>> {
  const rows = await ctx.database.db
    .select({ issuer: providerStops.issuer })
    .from(providerStops)
    .where(and(eq(providerStops.provider, provider), isNull(providerStops.endedAt)));
  return new Set(rows.map(({ issuer }) => issuer));
}

/** Takes the one refresh that may be tried now. False where another has it, or it is too early. */
export async function takeProbe(ctx: Context, key: StopKey): Promise<boolean> {
  const taken = await ctx.database.db
    .update(providerStops)
    .set({ nextProbeAt: sql`clock_timestamp() + make_interval(secs => ${probeSeconds})` })
    .where(
      and(
        stands(key), // Later than that is of a clock that was ahead.
        sql`${providerStops.nextProbeAt} not between clock_timestamp()
          and clock_timestamp() + make_interval(secs => ${probeSeconds})`,
      ),
    )
    .returning({ provider: providerStops.provider });
  return taken.length === 1;
}

/** The refresh that was tried was answered with a token: all go on. */
export async function endStopBySuccess(ctx: Context, key: StopKey): Promise<void> {
  await withTransaction(ctx.database.db, async (tx) => {
    const ended = await tx
      .update(providerStops)
      .set({ endedAt: sql`clock_timestamp()`, endedBy: null })
      .where(stands(key))
      .returning({ provider: providerStops.provider });
    if (ended.length === 0) return;
    await record(tx, ctx, { action: 'provider.resumed', provider: key.provider, code: 'renewed' });
    ctx.log.info({ event: 'provider_resumed', provider: key.provider });
  });
}

/** A provider's refreshes that are stopped. */
export interface ProviderStopView {
  provider: { id: string; name: string };
  issuer: string;
  stoppedAt: Date;
  people: number;
  nextProbeAt: Date;
}

/** The stops that stand. @throws AppError `unauthenticated`, `forbidden` */
export async function listProviderStops(ctx: Context): Promise<ProviderStopView[]> {
  requireReader(ctx);
  const rows = await ctx.database.db.select().from(providerStops).where(isNull(providerStops.endedAt));
  return rows
    .map(({ provider, issuer, stoppedAt, people, nextProbeAt }) => ({
      provider: { id: provider, name: ctx.providers.get(provider)?.name ?? provider },
      issuer,
      stoppedAt,
      people,
      nextProbeAt,
    }))
    .sort((a, b) => a.provider.name.localeCompare(b.provider.name) || a.issuer.localeCompare(b.issuer));
}

export const resumeProviderInput = z.object({ provider: z.string().max(64), reason: reasonText });
export type ResumeProviderInput = z.input<typeof resumeProviderInput>;

/**
 * Lets the refreshes of a provider go on: a person found that its refusals are what they are. For an hour none stops
 * them again. It needs a sign-in of the last minutes, since refusals are final from then on. Where none is stopped,
 * nothing changes and nothing is recorded.
 * @throws AppError `unauthenticated`, `forbidden`, `step_up_required`, `invalid_request`, `unknown_provider`
 */
export async function resumeProvider(ctx: Context, input: ResumeProviderInput): Promise<void> {
  requireAdministrator(ctx);
  const { proof } = await requireStepUp(ctx);
  const { provider, reason } = parseInput(resumeProviderInput, input);
  if (!ctx.providers.get(provider)) throw new AppError('unknown_provider');
  await transactAs(ctx, async (tx) => {
    const notBefore = sql`clock_timestamp() + make_interval(mins => ${trustMinutes}::int)`;
    const ended = await tx
      .update(providerStops)
      .set({ endedAt: sql`clock_timestamp()`, endedBy: actorId(ctx.actor), notBefore })
      .where(and(eq(providerStops.provider, provider), isNull(providerStops.endedAt)))
      .returning({ provider: providerStops.provider });
    if (ended.length === 0) return;
    await record(tx, ctx, {
      action: 'provider.resumed',
      provider,
      code: 'by_person',
      details: { reason, step_up: proof },
    });
  });
}
