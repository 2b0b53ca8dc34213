import { lt, sql } from 'drizzle-orm';
import { evaluateAlerts } from '#lib/alerts/evaluate';
import { mailAlerts } from '#lib/alerts/mail-alerts';
import { purgeAlerts } from '#lib/alerts/purge';
import { beginDailyCheck } from '#lib/audit/begin-check';
import { pruneLedger } from '#lib/audit/prune-ledger';
import { sealLedger } from '#lib/audit/seal-ledger';
import { purgeFlows } from '#lib/authorization/forget-flows';
import { lookUpMissing } from '#lib/authorization/look-again';
import { purgePreparedBulks } from '#lib/bulk-revocation/prepare';
import { workBulkRevocations } from '#lib/bulk-revocation/work';
import { beginDueChecks } from '#lib/checks/run-checks';
import { expireConnectSessions } from '#lib/connect-sessions/expire';
import { foldConnectionCounts } from '#lib/connections/count-by-provider';
import { type Context, type Runtime, systemContext } from '#lib/context';
import { deleteInPages } from '#lib/db/delete-in-pages';
import { ensureLedgerPartitions, mayMakePartitions } from '#lib/db/partitions';
import { rateLimits } from '#lib/db/schema/rate-limits';
import { spendings } from '#lib/db/schema/spendings';
import { purgeTraces } from '#lib/flow-trace/store-trace';
import { mendMoments } from '#lib/jobs/mend-moments';
import { createTimer } from '#lib/jobs/timer';
import { workEndings } from '#lib/people/work-endings';
import { purgePersonMails } from '#lib/person-mails/purge';
import { mailPeople } from '#lib/person-mails/send';
import { createFollower, followEveryMs, followLostAnswers, longestFollowedSeconds } from '#lib/refresh/follow-silent';
import { refreshDueConnections } from '#lib/refresh/refresh-due';
import { computeDueFindings } from '#lib/reviews/compute-due';
import { mailReviews } from '#lib/reviews/mail-reviews';
import { openReviews } from '#lib/reviews/open-reviews';
import { workRevocations } from '#lib/revocation/work-revocations';
import { purgeSessions } from '#lib/sign-in/sessions';
import { purgeProcesses } from '#lib/status/list-processes';
import { resealTokens } from '#lib/vault-keys/reseal';
import { destroyRetiredKeys } from '#lib/vault-keys/retire';
import { deliverWebhooks } from '#lib/webhooks/deliver';
import { createPromptDelivery } from '#lib/webhooks/prompt-delivery';
import { purgeWebhooks } from '#lib/webhooks/purge';

type Steps = Record<string, (ctx: Context, signal: AbortSignal | undefined) => Promise<unknown>>;

/**
 * The lines of a tick. They go on side by side, so that a slow receiver or provider keeps nothing else waiting; in a
 * line a group waits for the one before it. The seconds that a line may take stay below the minute.
 */
const lines: readonly (readonly Steps[])[] = [
  [
    {
      evaluate_alerts: (ctx, signal) => evaluateAlerts(ctx, { signal, seconds: 20 }),
      // With an owner's role apart, that role makes the partitions (`grantkeep migrate`).
      make_partitions: async ({ database, now }) => {
        if (await mayMakePartitions(database.db)) await ensureLedgerPartitions(database.db, now());
      },
    },
    {
      // After the alerts, not beside them: both read all of the last minute, and together they keep vends waiting.
      seal_ledger: (ctx, signal) => sealLedger(ctx, { signal }),
      mail_alerts: (ctx) => mailAlerts(ctx),
      mail_people: (ctx, signal) => mailPeople(ctx, { signal }),
      // An attempt that is under way then may take ten more.
      deliver_webhooks: (ctx, signal) => deliverWebhooks(ctx, { signal, seconds: 20 }),
    },
    {
      prune_ledger: async (ctx) => {
        if (await mayMakePartitions(ctx.database.db)) await pruneLedger(ctx, ctx.database.db);
      },
    },
    { check_ledger: beginDailyCheck, run_checks: (ctx) => beginDueChecks(ctx) },
  ],
  [
    { work_person_endings: (ctx, signal) => workEndings(ctx, { signal, seconds: 10 }) },
    { work_bulk_revocations: (ctx, signal) => workBulkRevocations(ctx, { signal, seconds: 15 }) },
    { work_revocations: (ctx, signal) => workRevocations(ctx, { signal, seconds: 30 }) },
  ],
  [{ follow_lost_answers: followLostAnswers }],
  [
    { reseal_tokens: (ctx, signal) => resealTokens(ctx, { signal, seconds: 45 }) },
    { destroy_retired_keys: destroyRetiredKeys },
    { fold_connection_counts: foldConnectionCounts },
    { purge_flows: purgeFlows },
    { expire_connect_sessions: (ctx, signal) => expireConnectSessions(ctx, signal ? { signal } : {}) },
    { purge_sessions: purgeSessions },
    { purge_processes: purgeProcesses },
    {
      purge_rate_limits: ({ database }) =>
        deleteInPages(database.db, rateLimits, lt(rateLimits.expire, sql`now() - interval '1 hour'`)),
    },
    {
      purge_spendings: ({ database }) =>
        deleteInPages(
          database.db,
          spendings,
          lt(spendings.shownAt, sql`now() - make_interval(secs => ${longestFollowedSeconds}::float8)`),
        ),
    },
    { look_up_missing: (ctx, signal) => lookUpMissing(ctx, signal ? { signal } : {}) },
    { purge_alerts: purgeAlerts },
    { purge_webhooks: purgeWebhooks },
    { purge_person_mails: purgePersonMails },
    { purge_flow_traces: purgeTraces },
    { purge_prepared_bulks: purgePreparedBulks },
    { open_reviews: (ctx) => openReviews(ctx) },
    { compute_findings: (ctx) => computeDueFindings(ctx) },
    { mail_reviews: (ctx) => mailReviews(ctx) },
  ],
];

/** Each step of a tick by its name. */
export const tickSteps: Steps = Object.assign({}, ...lines.flat());

/**
 * One minute's tick, on the process that gets it. Our own rows say which work is due. A step that fails is logged, and
 * the others run all the same. Answers the steps that failed.
 * @param signal ends those early that may take long
 */
export async function tick(ctx: Context, signal?: AbortSignal): Promise<string[]> {
  const failed: string[] = [];
  const run = async ([step, work]: [string, Steps[string]]) => {
    try {
      await work(ctx, signal);
    } catch (error) {
      failed.push(step);
      ctx.log.error({ event: 'tick_step_failed', step, err: error });
    }
  };
  // Alone and first: the other steps go by what it puts right.
  await run(['mend_moments', mendMoments]);
  await Promise.all(
    lines.map(async (line) => {
      for (const group of line) await Promise.all(Object.entries(group).map(run));
    }),
  );
  return failed;
}

/**
 * Starts the jobs: a row wakes one process a minute for the tick and one for a round of refreshes, and each process
 * writes its own folded refusals every minute. Messages about connections do not wait for the tick: each process looks for
 * them every second, and every few seconds for tokens that a dead process showed. Returns a function that stops them and writes the last refusals. A
 * second call writes the refusals that came since.
 */
export function startJobs(runtime: Runtime): () => Promise<void> {
  const { database, log } = runtime;
  const timer = createTimer(runtime, {
    tick: (signal) => tick(systemContext(runtime, 'jobs'), signal),
    refresh: async (signal) => {
      await refreshDueConnections(systemContext(runtime, 'jobs'), { signal });
      return [];
    },
  });
  const prompt = createPromptDelivery(systemContext(runtime, 'jobs'));
  const everySecond = setInterval(() => void prompt.look(), 1_000);
  everySecond.unref();
  const follower = createFollower(systemContext(runtime, 'jobs'));
  // At once too: it may be this process's own forerunner that died, and seconds count.
  void follower.look();
  const everyFewSeconds = setInterval(() => void follower.look(), followEveryMs);
  everyFewSeconds.unref();
  const flush = () =>
    runtime.refusals
      .flush(database.db)
      .catch((error: unknown) => log.error({ event: 'refusals_not_written', err: error }));
  const everyMinute = setInterval(flush, 60_000);
  everyMinute.unref();
  let stopped: Promise<unknown> | undefined;
  return async () => {
    clearInterval(everyMinute);
    clearInterval(everySecond);
    clearInterval(everyFewSeconds);
    stopped ??= Promise.all([timer.stop(), prompt.stop(), follower.stop()]);
    await stopped;
    await flush();
  };
}
