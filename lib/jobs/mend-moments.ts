import { sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { type Db, rowsOf } from '#lib/db/database';

/** Moments of a table that may have been stored by a clock that was ahead. */
interface Stored {
  table: string;
  /** Rows that hold a moment further ahead than any is meant to be. After `set` there are none. */
  ahead: string;
  /** The new value of the moments; `went.back` is by how much the clock went back, about. */
  set: string;
}

const now = 'clock_timestamp()';
// Not `least`, which takes a moment that is not there for one to come.
const upTo = (column: string, most: string) =>
  `${column} = case when ${column} > ${most} then ${most} else ${column} end`;
const within = (column: string, span: string) => upTo(column, `${now} + interval '${span}'`);
const notAhead = (...columns: string[]) => columns.map((column) => upTo(column, now)).join(', ');
const anyAhead = (...columns: string[]) => columns.map((column) => `${column} > ${now}`).join(' or ');
/** As far back as the clock went, and no longer ahead at least: what was written first stays the first. */
const shifted = (...columns: string[]) =>
  columns
    .map(
      (column) => `${column} = case when ${column} > ${now}
        then ${column} - greatest(went.back, ${column} - ${now}) else ${column} end`,
    )
    .join(', ');

/** By how much a token's moments move: as far as the clock did, and no longer ahead at least. */
const moved = `case when access_token_issued_at > ${now}
  then greatest(went.back, access_token_issued_at - ${now}) else interval '0' end`;

/**
 * Every stored moment that something waits for, or that counts as recent, with the longest span for which it may lie
 * ahead. Pending tries are made soon; a lease and a claim keep the time that their holder may still need. Other moments
 * wait for nothing, or are judged where they are read: `mend-moments.db.test.ts` names each of them.
 */
export const storedMoments: readonly Stored[] = [
  {
    table: 'connections',
    ahead: `access_token_issued_at > ${now} or lease_expires_at > ${now} + interval '2 minutes'
      or next_refresh_attempt_at > ${now} + interval '2 minutes' or next_lookup_at > ${now} + interval '1 day'
      or ${anyAhead('last_refreshed_at', 'connected_at', 'spent_at', 'refused_at')}`,
    // The ends move with the beginning: a life is as long as the provider said, by whichever clock.
    set: `access_token_issued_at = access_token_issued_at - ${moved},
      access_token_expires_at = access_token_expires_at - ${moved},
      refresh_token_expires_at = refresh_token_expires_at - ${moved},
      ${within('lease_expires_at', '2 minutes')}, ${within('next_refresh_attempt_at', '2 minutes')},
      ${within('next_lookup_at', '1 day')},
      ${notAhead('last_refreshed_at', 'connected_at')}, ${shifted('spent_at', 'refused_at')}`,
  },
  {
    table: 'revocations',
    ahead: `(state = 'pending' or proof = 'due') and next_attempt_at > ${now} + interval '2 minutes'`,
    set: within('next_attempt_at', '2 minutes'),
  },
  {
    table: 'webhook_deliveries',
    ahead: `state = 'pending' and (next_attempt_at > ${now} + interval '1 minute' or created_at > ${now})`,
    set: `${within('next_attempt_at', '1 minute')}, ${notAhead('created_at')}`,
  },
  { table: 'webhook_messages', ahead: anyAhead('created_at'), set: notAhead('created_at') },
  {
    table: 'webhook_endpoints',
    ahead: `previous_until > ${now} + interval '1 day'`,
    set: within('previous_until', '1 day'),
  },
  {
    table: 'alerts',
    ahead: `mail_due_at > ${now} + interval '5 minutes' or ${anyAhead('opened_at', 'held_at', 'resolved_at')}`,
    set: `mail_due_at = case when mail_due_at > ${now} + interval '5 minutes' then ${now} else mail_due_at end,
      ${notAhead('opened_at', 'held_at', 'resolved_at')}`,
  },
  {
    table: 'key_networks',
    ahead: anyAhead('first_seen_at', 'last_seen_at'),
    set: notAhead('first_seen_at', 'last_seen_at'),
  },
  {
    table: 'sessions',
    ahead: anyAhead('created_at', 'last_seen_at', 'authenticated_at'),
    // It ends no later than one that begins now; a proof by a wrong clock is to be repeated.
    set: `expires_at = expires_at - greatest(created_at - ${now}, interval '0'), ${notAhead('created_at', 'last_seen_at')},
      authenticated_at = case when authenticated_at > ${now} then null else authenticated_at end,
      authentication_proof = case when authenticated_at > ${now} then null else authentication_proof end`,
  },
  {
    table: 'flows',
    ahead: `expires_at > ${now} + interval '10 minutes' or ${anyAhead('claimed_at')}`,
    set: `${within('expires_at', '10 minutes')}, ${notAhead('claimed_at')}`,
  },
  {
    table: 'flow_traces',
    ahead: `expires_at > ${now} + interval '1 hour' or ${anyAhead('created_at')}`,
    set: `${within('expires_at', '1 hour')}, ${notAhead('created_at')}`,
  },
  {
    // A link, or a grant that waits, must not outlive its ten minutes.
    table: 'connect_sessions',
    ahead: `(status in ('open', 'received') and expires_at > ${now} + interval '10 minutes')
      or ${anyAhead('created_at', 'opened_at', 'ended_at')}`,
    set: `${within('expires_at', '10 minutes')}, ${notAhead('created_at', 'opened_at', 'ended_at')}`,
  },
  {
    table: 'person_mails',
    ahead: `due_at > ${now} + interval '5 minutes' or ${anyAhead('occurred_at', 'ended_at')}`,
    set: `${within('due_at', '5 minutes')}, ${notAhead('occurred_at', 'ended_at')}`,
  },
  {
    table: 'provider_stops',
    ahead: `not_before > ${now} + interval '1 hour' or ${anyAhead('stopped_at')}`,
    set: `${within('not_before', '1 hour')}, ${notAhead('stopped_at')}`,
  },
  // The last result of a check is the newest by its moment, and one of a wrong clock would hide the ones that follow.
  { table: 'check_results', ahead: anyAhead('at', 'since'), set: shifted('at', 'since') },
  { table: 'check_runs', ahead: anyAhead('started_at', 'ended_at'), set: shifted('started_at', 'ended_at') },
  { table: 'provider_checks', ahead: anyAhead('started_at', 'ended_at'), set: shifted('started_at', 'ended_at') },
  {
    // A mail that is due when the review's date passes may wait as long as that takes.
    table: 'reviews',
    ahead: `(mail_due_at > ${now} + interval '5 minutes' and mail_due_at < due_at)
      or ${anyAhead('findings_at', 'signed_off_at', 'missed_at', 'created_at')}`,
    set: `mail_due_at = case when mail_due_at > ${now} + interval '5 minutes' and mail_due_at < due_at
        then ${now} else mail_due_at end,
      ${shifted('findings_at', 'signed_off_at', 'missed_at', 'created_at')}`,
  },
  { table: 'connection_outages', ahead: anyAhead('since'), set: shifted('since') },
  { table: 'stated_scopes', ahead: anyAhead('first_at', 'last_at'), set: notAhead('first_at', 'last_at') },
  {
    table: 'client_secret_uses',
    ahead: anyAhead('first_seen_at', 'last_used_at', 'last_refused_at'),
    set: notAhead('first_seen_at', 'last_used_at', 'last_refused_at'),
  },
  { table: 'people', ahead: anyAhead('last_signed_in_at'), set: notAhead('last_signed_in_at') },
  { table: 'connection_uses', ahead: anyAhead('last_used_at'), set: notAhead('last_used_at') },
  {
    table: 'api_keys',
    ahead: anyAhead('last_used_at', 'created_at'),
    // It lives for as long as it was meant to.
    set: `expires_at = expires_at - greatest(created_at - ${now}, interval '0'), ${notAhead('last_used_at', 'created_at')}`,
  },
  { table: 'processes', ahead: anyAhead('started_at', 'last_seen_at'), set: notAhead('started_at', 'last_seen_at') },
  { table: 'bulk_revocations', ahead: anyAhead('created_at', 'started_at'), set: notAhead('created_at', 'started_at') },
];

/** Blocks of a table that one statement looks at: few enough that other users of a row hardly wait. */
const pageBlocks = 64;

async function blocksOf(db: Db, table: string): Promise<number> {
  const [row] = rowsOf<{ blocks: number }>(
    await db.execute(sql`select coalesce(max(pg_relation_size(part) / current_setting('block_size')::bigint), 0)::int as blocks
      from (select ${table}::regclass as part union all select relid from pg_partition_tree(${table}::regclass)) parts`),
  );
  return row?.blocks ?? 0;
}

/** Puts the rows of one table right, page by page along its file, since no index knows such moments. */
async function mendTable(db: Db, { table, ahead, set }: Stored, backMs: number, signal?: AbortSignal): Promise<void> {
  const blocks = await blocksOf(db, table);
  const tid = (block: number) => sql.raw(`'(${block},0)'::tid`);
  for (let from = 0; from < blocks && !signal?.aborted; from += pageBlocks) {
    await db.execute(sql`update ${sql.identifier(table)} set ${sql.raw(set)}
      from (select make_interval(secs => ${backMs / 1000}::float8) as back) went
      where ${sql.identifier(table)}.ctid >= ${tid(from)} and ${sql.identifier(table)}.ctid < ${tid(from + pageBlocks)}
        and (${sql.raw(ahead)})`);
  }
}

/**
 * Puts right what was stored while the database's clock was ahead, once it was seen to have come back: whatever waits
 * for a moment would wait until the wrong clock's time is reached. Nothing is to be done else. Where two processes are
 * at it, the second finds nothing ahead; one that dies leaves the note, and the next tick does it.
 */
export async function mendMoments(ctx: Context, signal?: AbortSignal): Promise<void> {
  const { db } = ctx.database;
  const [noted] = rowsOf<{ ms: number }>(await db.execute(sql`select clock_went_back_ms as ms from instance`));
  const backMs = noted?.ms ?? 0;
  if (backMs <= 0) return;
  for (const stored of storedMoments) await mendTable(db, stored, backMs, signal);
  if (signal?.aborted) return;
  await db.execute(sql`update instance set clock_went_back_ms = instance.clock_went_back_ms - ${backMs}::float8,
    written_by = pg_current_xact_id()::text::bigint
    where clock_went_back_ms >= ${backMs}::float8 and xmin::text::bigint = written_by % 4294967296`);
  ctx.log.warn({ event: 'stored_moments_mended', seconds: Math.round(backMs / 1000) });
}
