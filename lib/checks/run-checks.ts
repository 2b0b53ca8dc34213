import { and, eq, isNotNull, or, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { actorId } from '#lib/actor';
import { limitRate } from '#lib/api-keys/rate-limit';
import { ledgerOrigin } from '#lib/audit/check-checkpoints';
import type { Check, Observation } from '#lib/checks/check';
import { type CheckLine, keepResult } from '#lib/checks/keep-result';
import { checks } from '#lib/checks/list';
import { providerMetadata } from '#lib/checks/provider-metadata';
import { memoized, type ProviderSubject, providerSubject } from '#lib/checks/provider-subject';

import { purgeChecks } from '#lib/checks/purge';
import { type Context, inBackground } from '#lib/context';
import { lockFor } from '#lib/db/advisory-locks';
import { rowsOf, withTransaction } from '#lib/db/database';
import { checkRuns } from '#lib/db/schema/checks';
import { reviews } from '#lib/db/schema/reviews';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { newId } from '#lib/ids';
import { record } from '#lib/ledger/record';
import { resultsStatement } from '#lib/ledger/results-statement';
import { createSigningKeys } from '#lib/ledger/signing-keys';
import { parseInput } from '#lib/parse-input';
import { clean, secretsOf } from '#lib/provider-check/probe';
import type { ProviderRecord } from '#lib/providers/record';
import { transactAs } from '#lib/sign-in/transact-as';

export const runChecksInput = z.object({
  /** The provider to check; absent: the hub and every provider. */
  provider: z.string().max(64).optional(),
});
export type RunChecksInput = z.input<typeof runChecksInput>;

/** After so long a run that has not ended belongs to a process that is gone. Seconds. */
export const lostAfterSeconds = 15 * 60;
/** Providers that are looked at side by side. */
const providersAtOnce = 4;

/** True for a run that has ended or belongs to a process that is gone. */
export const isOver = or(
  isNotNull(checkRuns.endedAt),
  sql`${checkRuns.startedAt} not between clock_timestamp() - make_interval(secs => ${lostAfterSeconds}::float8)
    and clock_timestamp() + interval '1 minute'`,
);

interface Run {
  id: string;
  providers: readonly ProviderRecord[];
  /** Whether the hub itself is checked, too. */
  whole: boolean;
}

/** The providers of a run. @throws AppError `unknown_provider` */
function providersOf(ctx: Context, id: string | undefined): readonly ProviderRecord[] {
  if (id === undefined) return ctx.providers.list();
  const provider = ctx.providers.get(id);
  if (!provider) throw new AppError('unknown_provider');
  return [provider];
}

/** Claims a run for this process, unless a run that there is speaks against it. */
async function claimRun(ctx: Context, provider: string, against: SQL | null): Promise<string | undefined> {
  const id = newId('run');
  return transactAs(ctx, async (tx) => {
    await lockFor(tx, 'checks');
    const [other] = against ? await tx.select({ id: checkRuns.id }).from(checkRuns).where(against).limit(1) : [];
    if (other) return undefined;
    const startedAt = sql`clock_timestamp()` as unknown as Date;
    await tx.insert(checkRuns).values({ id, provider, startedAt, startedBy: actorId(ctx.actor) });
    return id;
  });
}

/** Begins a run; with `joins`, undefined where one of the same kind is under way. */
async function beginRun(ctx: Context, input: RunChecksInput, { joins }: { joins: boolean }): Promise<Run | undefined> {
  requireAdministrator(ctx);
  const { provider } = parseInput(runChecksInput, input);
  const providers = providersOf(ctx, provider);
  await limitRate(ctx, 'provider_check');
  const running = and(eq(checkRuns.provider, provider ?? ''), sql`not (${isOver})`) ?? null;
  const id = await claimRun(ctx, provider ?? '', joins ? running : null);
  return id === undefined ? undefined : { id, providers, whole: provider === undefined };
}

/** The provider of a check, which is made ready by the first check of it. */
interface About {
  provider: string;
  subject: () => Promise<ProviderSubject>;
}

/** Looks, and says where a check itself failed: the others go on. */
async function looked(ctx: Context, check: Check, about: About | null): Promise<Observation> {
  try {
    if (check.scope === 'hub') return await check.look(ctx);
    if (about) return await check.look(await about.subject());
  } catch (error) {
    ctx.log.error({ event: 'check_failed', check: check.id, provider: about?.provider, err: error });
  }
  const found = 'The check itself came to no end. The log of the hub says why.';
  return { result: 'unknown', lookedAt: check.name, found };
}

/** Carries a run out: each result is kept as it comes, and the end goes with its entry in the ledger. */
async function carryOut(ctx: Context, { id, providers, whole }: Run): Promise<CheckLine[]> {
  const lines: CheckLine[] = [];
  const secrets = ctx.providers.list().flatMap(secretsOf);
  const keep = async (check: Check, about: About | null) => {
    const seen = await looked(ctx, check, about);
    const line: CheckLine = {
      check: check.id,
      provider: about?.provider ?? null,
      result: seen.result,
      lookedAt: clean(seen.lookedAt, secrets),
      found: clean(seen.found, secrets),
      mend: seen.mend === undefined ? null : clean(seen.mend, secrets),
    };
    lines.push(line);
    await keepResult(ctx.database.db, id, line);
  };
  if (whole) for (const check of checks) if (check.scope === 'hub') await keep(check, null);
  const waiting = [...providers];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const record = next;
      const about = { provider: record.id, subject: memoized(() => providerSubject(ctx, record)) };
      for (const check of checks) if (check.scope === 'provider') await keep(check, about);
    }
  };
  await Promise.all(Array.from({ length: providersAtOnce }, worker));
  await endRun(ctx, id, providers, whole, lines);
  if (whole) await purgeChecks(ctx);
  return lines;
}

/** Signs the results as they were found: a row that is changed later, or put there, has no such word. */
function signResults(ctx: Context, run: string, lines: readonly CheckLine[]): Record<string, string> {
  const keys = createSigningKeys(ctx.config);
  const statement = resultsStatement(ledgerOrigin(ctx), run, lines);
  return { statement, signed_by: keys.keyId, signature: keys.sign(statement).toString('base64') };
}

async function endRun(
  ctx: Context,
  id: string,
  providers: readonly ProviderRecord[],
  whole: boolean,
  lines: readonly CheckLine[],
): Promise<void> {
  const of = (result: CheckLine['result']) => lines.filter((line) => line.result === result);
  await withTransaction(ctx.database.db, async (tx) => {
    await tx.update(checkRuns).set({ endedAt: sql`clock_timestamp()` }).where(eq(checkRuns.id, id));
    await record(tx, ctx, {
      action: 'checks.run',
      outcome: of('fails').length > 0 ? 'failed' : 'ok',
      provider: whole ? null : (providers[0]?.id ?? null),
      details: {
        run: id,
        ...signResults(ctx, id, lines),
        passes: of('passes').length,
        fails: of('fails').length,
        unknown: of('unknown').length,
        not_promised: of('not_promised').length,
        failed: of('fails')
          .slice(0, 50)
          .map(({ check, provider }) => (provider === null ? check : `${check}/${provider}`)),
      },
    });
  });
}

/**
 * Begins the checks and goes on in the background; a run that is under way is joined.
 * @throws AppError `unauthenticated`, `person_disabled`, `forbidden`, `invalid_request`, `unknown_provider`, `rate_limited`
 */
export async function startChecks(ctx: Context, input: RunChecksInput): Promise<void> {
  const run = await beginRun(ctx, input, { joins: true });
  if (run) inBackground(ctx, 'checks', carryOut(ctx, run));
}

/**
 * Runs the checks and answers the results, beside a run that may be under way.
 * @throws AppError `unauthenticated`, `person_disabled`, `forbidden`, `invalid_request`, `unknown_provider`, `rate_limited`
 */
export async function runChecks(ctx: Context, input: RunChecksInput): Promise<CheckLine[]> {
  const run = await beginRun(ctx, input, { joins: false });
  return run ? carryOut(ctx, run) : [];
}

/** A process that has just begun leaves the providers alone: a hub is often restarted several times. Milliseconds. */
const firstAfterMs = 10 * 60_000;

/** After a move the checks of one provider begin once in so many minutes at most. */
const movedAgainMinutes = 60;

/**
 * Providers of which a call was refused within the last minutes since an endpoint had moved, and the last look did not say
 * so. The run of the day might be hours away, and its alert with it.
 */
async function movedLately(ctx: Context): Promise<ProviderRecord[]> {
  // `now()` stays the same within a statement, so that the index ends at it.
  const since = (minutes: number) => sql`now() - make_interval(mins => ${minutes}::int)`;
  const rows = rowsOf<{ provider: string }>(
    await ctx.database.db.execute(sql`
      select distinct provider from ledger l where outcome in ('refused', 'failed') and outcome <> 'ok'
        and at >= ${since(15)} and code = 'discovery_changed'
        and not exists (select 1 from check_runs r where r.provider = l.provider and r.started_at >= ${since(movedAgainMinutes)})
        and coalesce((select result from check_results c where c.check_id = ${providerMetadata.id} and c.provider = l.provider
          order by at desc, id desc limit 1), 'unknown') <> 'fails'`),
  );
  return rows.flatMap(({ provider }) => ctx.providers.get(provider) ?? []);
}

async function beginMoved(ctx: Context): Promise<void> {
  for (const provider of await movedLately(ctx)) {
    const lately = sql`${checkRuns.startedAt} >= clock_timestamp() - make_interval(mins => ${movedAgainMinutes}::int)`;
    const id = await claimRun(ctx, provider.id, and(eq(checkRuns.provider, provider.id), lately) ?? null);
    if (id) inBackground(ctx, 'checks', carryOut(ctx, { id, providers: [provider], whole: false }));
  }
}

/**
 * Begins the run of the day, where none began within the last one, and a run for reviews that were opened since the last
 * one began: their findings are of checks of that moment. After a move the provider's checks begin at once. The run goes on beside the tick, which it may outlast.
 * @param input.runningMs for how long this process has been running
 * @throws AppError `forbidden` unless this process itself asks
 */
export async function beginDueChecks(ctx: Context, { runningMs = performance.now() } = {}): Promise<void> {
  if (ctx.actor.type !== 'system') throw new AppError('forbidden');
  await beginMoved(ctx);
  if (runningMs < firstAfterMs) return;
  // One of a process that is gone does not count. Neither does one that seems to begin later: a clock was ahead.
  const ofTheDay = sql`${checkRuns.startedAt} between clock_timestamp() - interval '23 hours 50 minutes'
    and clock_timestamp() + interval '1 minute' and (${checkRuns.endedAt} is not null or not (${isOver}))
    and not exists (select 1 from ${reviews} where ${reviews.createdAt} between ${checkRuns.startedAt}
      and clock_timestamp())`;
  const id = await claimRun(ctx, '', and(eq(checkRuns.provider, ''), ofTheDay) ?? null);
  if (id) inBackground(ctx, 'checks', carryOut(ctx, { id, providers: ctx.providers.list(), whole: true }));
}
