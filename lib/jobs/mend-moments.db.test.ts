import { sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { listLastResults } from '#lib/checks/results';
import { type Context, systemContext } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { watchInstance } from '#lib/freezes/restore-guard';
import { noteClockWentBack } from '#lib/jobs/clock-steps';
import { mendMoments, storedMoments } from '#lib/jobs/mend-moments';
import { requireStepUp } from '#lib/sign-in/step-up';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addFreshAdministrator, addPerson, createRuntime, noteUse } from '#tests/hub';

const database = sharedDatabase();
const run = (text: string) => database.db.execute(sql.raw(text));

/** A row of each kind as it is just after it was written, by the clock as it is. */
const rows = (personId: string, connectionId: string): string[] => [
  `update connections set lease_owner = 'prc', lease_expires_at = now() + interval '30 seconds',
    next_refresh_attempt_at = now() + interval '2 minutes', last_refreshed_at = now()`,
  `insert into revocations (person_id, connection_id, provider, requested_by, next_attempt_at)
    values ('${personId}', '${connectionId}', 'acme', 'system', now() + interval '1 minute')`,
  `insert into webhook_endpoints (id, name, url, secret, previous_until, created_by)
    values ('whe', 'x', 'https://x.example', 's', now() + interval '1 day', 'system')`,
  `insert into webhook_messages (id, type, payload, created_at) values ('msg', 'x', '{}', now())`,
  `insert into webhook_deliveries (message_id, endpoint_id, next_attempt_at, created_at)
    values ('msg', 'whe', now() + interval '1 minute', now())`,
  `insert into alerts (id, rule, severity, value, peak, count, opened_at, held_at, mail_due_at)
    values ('alr', 'x', 'info', 1, 1, 1, now(), now(), now())`,
  `insert into key_networks (api_key_id, network, first_seen_at, last_seen_at, reads) values ('key', 'n', now(), now(), 1)`,
  `insert into flows (id, intent, expires_at, claimed_at) values ('s', 'sign_in', now() + interval '10 minutes', now())`,
  `insert into flow_traces (id, person_id, provider, sealed, expires_at)
    values ('t', '${personId}', 'acme', 's', now() + interval '1 hour')`,
  `update api_keys set last_used_at = now()`,
  `insert into processes (id, host, pid, version) values ('prc', 'h', 1, 'v')`,
  `insert into bulk_revocations (id, state, criteria, prepared_by, total) values ('blk', 'prepared', '{}', 'system', 0)`,
  `insert into applications (id, name, contact, return_urls, created_by) values ('app', 'x', 'x', '{}', 'system')`,
  `insert into connect_sessions (id, application_id, person_id, token_hash, api_key_id, providers, return_url,
      code_challenge, expires_at)
    values ('cns', 'app', '${personId}', 'h', 'key', '{acme}', 'https://x.example/', 'c', now() + interval '10 minutes')`,
  `insert into person_mails (id, person_id, connection_id, provider, event, reason, occurred_at, due_at)
    values ('pml', '${personId}', '${connectionId}', 'acme', 'connected', 'x', now(), now() + interval '5 minutes')`,
  `insert into provider_stops (provider, issuer, people, next_probe_at, not_before)
    values ('acme', 'https://acme.example', 3, now(), now() + interval '1 hour')`,
  `insert into check_runs (id) values ('run')`,
  `insert into check_results (run, check_id, result, looked_at, found, at, since)
    values ('run', 'state', 'passes', 'x', 'x', now(), now())`,
  `insert into provider_checks (provider, run) values ('acme', 'run')`,
  `insert into reviews (id, task, period, period_start, due_at, mail_due_at, created_at)
    values ('rev', 'scopes', 'monthly', now(), now() + interval '30 days', now(), now())`,
  `insert into connection_outages (connection_id, since) values ('${connectionId}', now())`,
  `insert into stated_scopes (provider, api_key_id, scope, calls, first_at, last_at)
    values ('acme', 'key', 'email', 1, now(), now())`,
  `insert into client_secret_uses (provider, fingerprint, uses, refusals) values ('acme', 'f', 1, 0)`,
  `update people set last_signed_in_at = now()`,
];

/** Moments that stay as they were written, with the reason. */
const elsewhere: Record<string, readonly string[]> = {
  'is judged where it is read': [
    ...['connections.forced_at', 'spendings.shown_at', 'jobs.started_at', 'provider_stops.next_probe_at'],
    ...['alert_progress.read_to', 'alert_progress.fence_at', 'alert_progress.hours_from', 'alert_counts.bucket'],
    ...['inactivity_notices.begun_at', 'inactivity_notices.notified_at', 'inactivity_notices.due_at'],
    ...['rate_limits.expire', 'instance.mark', 'instance.clock_went_back_at', 'reviews.period_start', 'reviews.due_at'],
    // By the number of a row or of a position, not by the moment.
    ...['provider_metadata.seen_at', 'provider_metadata.accepted_at', 'ledger_seals.sealed_at', 'ledger.at'],
  ],
  'only says when something happened': [
    ...['alerts.acknowledged_at', 'alert_events.at', 'alert_rules.changed_at', 'api_keys.revoked_at'],
    ...['applications.created_at', 'applications.disabled_at', 'bulk_revocations.finished_at'],
    ...['bulk_revocation_rows.done_at', 'connections.created_at', 'connections.revoked_at'],
    ...['connection_search.created_at', 'event_hours.hour', 'freezes.created_at', 'freezes.lifted_at'],
    ...['inactivity_notices.revoked_at', 'instance.promoted_at', 'jobs.ended_at', 'people.created_at'],
    ...['people.deleted_at', 'people.disabled_at', 'provider_stops.ended_at', 'reload_requests.asked_at'],
    ...['revocations.created_at', 'revocations.finished_at', 'revocations.let_go_at', 'revocations.proved_at'],
    ...['sessions.ended_at', 'vault_keys.counted_at', 'vault_keys.destroyed_at', 'vault_keys.first_used_at'],
    ...['vault_keys.retired_at', 'vault_keys.seals_from', 'vault_keys.unbound_over_at', 'vault_wrappings.created_at'],
    ...['vault_reseals.finished_at', 'vault_reseals.last_batch_at', 'vault_reseals.started_at'],
    ...['webhook_attempts.at', 'webhook_deliveries.finished_at', 'webhook_endpoints.created_at'],
    ...['webhook_endpoints.disabled_at'],
  ],
  'gives an order in which each comes': ['basic_encodings.learnt_at', 'person_endings.begun_at'],
  'is said by a provider': ['revocations.honoured_until'],
};

/** Moves every moment of every table ahead, as a clock that was ahead left them. */
async function writtenAhead(by: string): Promise<void> {
  for (const { table } of storedMoments) {
    const columns = rowsOf<{ name: string }>(
      await database.db.execute(sql`select column_name as name from information_schema.columns
        where table_schema = 'public' and table_name = ${table} and data_type = 'timestamp with time zone'`),
    );
    await run(`update ${table} set ${columns.map(({ name }) => `${name} = ${name} + interval '${by}'`).join(', ')}`);
  }
  await run(`update instance set mark = mark + interval '${by}', written_by = pg_current_xact_id()::text::bigint`);
}

const rowsAhead = async () => {
  const found: string[] = [];
  for (const { table, ahead } of storedMoments) {
    const [row] = rowsOf<{ n: number }>(await run(`select count(*)::int as n from ${table} where ${ahead}`));
    if (row?.n) found.push(table);
  }
  return found;
};

test('F-11 each moment of each table is put right, or has a reason why not', async () => {
  const columns = rowsOf<{ name: string }>(
    await run(`select relname || '.' || attname as name from pg_attribute join pg_class on pg_class.oid = attrelid
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
        and atttypid = 'timestamptz'::regtype and not attisdropped`),
  ).map(({ name }) => name);
  const put = storedMoments.flatMap(({ table, set }) =>
    [...set.matchAll(/(?:^|,)\s*(\w+) = /g)].map(([, column]) => `${table}.${column}`),
  );
  const judged = Object.values(elsewhere).flat();
  expect(judged.filter((name) => put.includes(name))).toEqual([]);
  const known = [...put.filter((name) => name !== 'sessions.authentication_proof'), ...judged];
  expect(known.toSorted()).toEqual(columns.toSorted());
});

describe.each(['2 hours', '2 days'])('F-11 the clock was ahead by %s and came back', (by) => {
  let ctx: Context;
  let administrator: Context;

  beforeEach(async () => {
    const first = [
      'connections',
      'people',
      'api_keys',
      'webhook_endpoints',
      'webhook_messages',
      'instance',
      'applications',
    ];
    for (const table of new Set([...first, ...storedMoments.map(({ table }) => table)]))
      await run(`truncate ${table} cascade`);
    const runtime = createRuntime(database.current, []);
    ctx = systemContext(runtime, 'test');
    await watchInstance(runtime);
    const { id: personId } = await addPerson(runtime);
    const id = await addConnection(runtime, { personId, refreshToken: 'r' });
    await noteUse(runtime, id, sql`now() - interval '1 second'`);
    await addApiKey(runtime);
    administrator = await addFreshAdministrator(runtime);
    for (const statement of rows(personId, id)) await run(statement);
  });

  test('no moment of any kind stays ahead further than it is meant to be', async () => {
    expect(await rowsAhead()).toEqual([]);
    await writtenAhead(by);
    expect(await rowsAhead()).toEqual(storedMoments.map(({ table }) => table));
    await noteClockWentBack(database.db, false);
    await mendMoments(ctx);
    expect(await rowsAhead()).toEqual([]);
    const [instance] = rowsOf<{ ms: number }>(await run('select clock_went_back_ms as ms from instance'));
    expect(instance?.ms).toBe(0);
    // A holder of a lease or a claim keeps it for as long as it may need it.
    const [held] = rowsOf<{ leased: boolean }>(await run('select lease_expires_at > now() as leased from connections'));
    expect(held?.leased).toBe(true);
    // A life is as long as it was.
    const [life] = rowsOf<{ seconds: number }>(
      await run(
        `select extract(epoch from access_token_expires_at - access_token_issued_at)::float8 as seconds from connections`,
      ),
    );
    expect(Math.round(life?.seconds ?? 0)).toBe(3600);
  });

  test('the next result of a check is its last', async () => {
    await writtenAhead(by);
    await noteClockWentBack(database.db, false);
    await mendMoments(ctx);
    await run(`insert into check_results (run, check_id, result, looked_at, found, at, since)
      values ('next', 'state', 'fails', 'x', 'x', now(), now())`);
    expect(await listLastResults(ctx)).toMatchObject([{ check: 'state', result: 'fails' }]);
  });

  test('a proof by the wrong clock is none any more, also before anything was put right', async () => {
    await expect(requireStepUp(administrator)).resolves.toBeDefined();
    await writtenAhead(by);
    await expect(requireStepUp(administrator)).rejects.toMatchObject({ code: 'step_up_required' });
    await noteClockWentBack(database.db, false);
    await mendMoments(ctx);
    await expect(requireStepUp(administrator)).rejects.toMatchObject({ code: 'step_up_required' });
  });

  test('nothing is touched where the clock did not go back', async () => {
    const before = rowsOf(await run('select xmin::text from connections'));
    await mendMoments(ctx);
    expect(rowsOf(await run('select xmin::text from connections'))).toEqual(before);
  });

  test('two at once do it once, and one that is told to end leaves it to the next', async () => {
    await writtenAhead(by);
    await noteClockWentBack(database.db, false);
    await mendMoments(ctx, AbortSignal.abort());
    expect(await rowsAhead()).not.toEqual([]);
    await Promise.all([mendMoments(ctx), mendMoments(ctx)]);
    expect(await rowsAhead()).toEqual([]);
    const [instance] = rowsOf<{ ms: number }>(await run('select clock_went_back_ms as ms from instance'));
    expect(instance?.ms).toBe(0);
  });
});
