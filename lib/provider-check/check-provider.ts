import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { actorId } from '#lib/actor';
import { limitRate } from '#lib/api-keys/rate-limit';
import { type Context, inBackground } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { providerChecks } from '#lib/db/schema/provider-checks';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { newId } from '#lib/ids';
import { record } from '#lib/ledger/record';
import { fillEndpoint } from '#lib/oauth/account-params';
import type { ReceivedTokens } from '#lib/oauth/types';
import { parseInput } from '#lib/parse-input';
import { keepLearntEncodings, recallLearnt } from '#lib/provider-calls/learnt-encodings';
import { partsOf } from '#lib/provider-check/begin-probe';
import { type CheckResult, countResults } from '#lib/provider-check/report';
import { longestCheckMs, runChecks } from '#lib/provider-check/run-checks';
import type { ProviderRecord } from '#lib/providers/record';
import { keepRefused } from '#lib/revocation/keep-refused';
import { transactAs } from '#lib/sign-in/transact-as';

export const checkProviderInput = z.object({
  provider: z.string().max(64),
  /** The account-specific parts of the provider's addresses, by name. */
  accountParams: z.record(z.string().max(40), z.string().max(300)).default({}),
});
export type CheckProviderInput = z.input<typeof checkProviderInput>;

/** After so long a run that has not ended belongs to a process that is gone. Seconds. */
export const lostAfterSeconds = (longestCheckMs / 1000) * 2;

interface Run {
  id: string;
  provider: ProviderRecord;
  accountParams: Record<string, string>;
}

/** Begins a run; with `joins`, undefined where one is under way, which has the results then. */
async function beginRun(
  ctx: Context,
  input: CheckProviderInput,
  { joins }: { joins: boolean },
): Promise<Run | undefined> {
  requireAdministrator(ctx);
  const { provider: id, accountParams } = parseInput(checkProviderInput, input);
  const provider = ctx.providers.get(id);
  if (!provider) throw new AppError('unknown_provider');
  await limitRate(ctx, 'provider_check');
  const run = newId('chk');
  const begun = {
    run,
    startedAt: sql`clock_timestamp()` as unknown as Date,
    endedAt: null,
    startedBy: actorId(ctx.actor),
    results: [],
  };
  const over = sql`${providerChecks.endedAt} is not null
    or ${providerChecks.startedAt} not between clock_timestamp() - make_interval(secs => ${lostAfterSeconds})
      and clock_timestamp()`;
  const rows = await transactAs(ctx, (tx) =>
    tx
      .insert(providerChecks)
      .values({ provider: id, ...begun })
      .onConflictDoUpdate({ target: providerChecks.provider, set: begun, ...(joins ? { setWhere: over } : {}) })
      .returning({ run: providerChecks.run }),
  );
  return rows.length > 0 ? { id: run, provider, accountParams } : undefined;
}

/** Tokens that a server gave for a made-up code are live ones: the revocations own them. */
async function handOver(ctx: Context, { provider, ...run }: Run, received: readonly ReceivedTokens[]) {
  // As the checks read them: the typed text may be a whole URL, or in another case.
  const accountParams = partsOf(provider, run.accountParams) ?? {};
  for (const tokens of received)
    await keepRefused(ctx, {
      intent: 'connect',
      provider: provider.id,
      code: 'made_up_code',
      issuer: provider.identity.issuer ?? fillEndpoint(provider, provider.issuer, accountParams),
      subject: null,
      personId: null,
      received: tokens,
      accountParams,
      extras: {},
    });
}

/** Runs the checks and writes what they find as they find it; the end goes with its entry in the ledger. */
async function carryOut(ctx: Context, run: Run): Promise<CheckResult[]> {
  const { db } = ctx.database;
  const own = and(eq(providerChecks.provider, run.provider.id), eq(providerChecks.run, run.id));
  const results: CheckResult[] = [];
  await recallLearnt(ctx);
  // Beside a heartbeat, which the command line has not: rows that are written twice are the same.
  const kept: Promise<void>[] = [];
  const unkeep = keepLearntEncodings(ctx, (work) => {
    kept.push(work.catch((error: unknown) => ctx.log.warn({ event: 'encoding_not_kept', err: error })));
  });
  const received: ReceivedTokens[] = [];
  const told = async (found: CheckResult[]) => {
    results.push(...found);
    const more = sql`${providerChecks.results} || ${JSON.stringify(found)}::jsonb`;
    await db.update(providerChecks).set({ results: more }).where(own);
  };
  await runChecks(ctx, run.provider, run.accountParams, told, received)
    .finally(unkeep)
    .finally(() => handOver(ctx, run, received));
  await Promise.all(kept);
  const counts = countResults(results);
  const failed = [...new Set(results.filter(({ result }) => result === 'fails').map(({ check }) => check))];
  await withTransaction(db, async (tx) => {
    await tx.update(providerChecks).set({ endedAt: sql`clock_timestamp()` }).where(own);
    await record(tx, ctx, {
      action: 'provider.checked',
      outcome: counts.fails > 0 ? 'failed' : 'ok',
      provider: run.provider.id,
      details: { ...counts, failed },
    });
  });
  return results;
}

/**
 * Begins to check a provider and goes on in the background; one that is under way already is joined.
 * @throws AppError `unauthenticated`, `person_disabled`, `forbidden`, `invalid_request`, `unknown_provider`, `rate_limited`
 */
export async function startProviderCheck(ctx: Context, input: CheckProviderInput): Promise<void> {
  const run = await beginRun(ctx, input, { joins: true });
  if (run) inBackground(ctx, 'provider_check', carryOut(ctx, run));
}

/**
 * Checks a provider and answers what was found, in about `longestCheckMs` at most. It takes the place of a check that is
 * under way.
 * @throws AppError `unauthenticated`, `person_disabled`, `forbidden`, `invalid_request`, `unknown_provider`, `rate_limited`
 */
export async function checkProvider(ctx: Context, input: CheckProviderInput): Promise<CheckResult[]> {
  const run = await beginRun(ctx, input, { joins: false });
  return run ? carryOut(ctx, run) : [];
}

/** The same from a form; its fields for the parts are called `account_params.{name}`. */
export const checkProviderForm = z
  .looseObject({ provider: z.string().max(64) })
  .transform(({ provider, ...fields }): CheckProviderInput => {
    const parts = Object.entries(fields).flatMap(([field, value]): [string, string][] => {
      const name = /^account_params\.([a-z0-9_]{1,40})$/.exec(field)?.[1];
      return name && typeof value === 'string' ? [[name, value]] : [];
    });
    return { provider, accountParams: Object.fromEntries(parts) };
  });
