import { hash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { SecondProcess } from './governed.ts';

/** Changes without a person: the writes of each minute's tick, and notes of a look. */
const restless: Record<string, true | string[]> = {
  // Each start writes one, and each minute drops those of which the ten minutes are over.
  flows: true,
  processes: true,
  jobs: true,
  instance: true,
  rate_limits: true,
  spendings: true,
  alert_progress: true,
  alert_counts: true,
  event_totals: true,
  key_networks: true,
  connection_counts: true,
  event_hours: true,
  connection_outages: true,
  connection_uses: true,
  // Counts of what the reader of the ledger found, and of calls to providers.
  stated_scopes: true,
  key_days: true,
  client_secret_uses: true,
  webhook_messages: true,
  webhook_attempts: true,
  person_mails: true,
  ledger_seals: true,
  ledger_locators: true,
  sessions: ['last_seen_at'],
  api_keys: ['last_used_at'],
};

/** Tables of which only a part rests. */
const parts: Record<string, string> = {
  // What people and keys did; that they were refused is none of their doing.
  ledger: `(select action, actor_id, details from ledger where actor_type <> 'system' and action <> 'request.refused')`,
  // What the rules open and end by themselves comes with the minutes.
  alerts: `(select id, acknowledged_by, resolved_by from alerts
    where coalesce(acknowledged_by, resolved_by, 'system') <> 'system')`,
  alert_events: `(select * from alert_events where by <> 'system')`,
  // The world's own, due in a day; the jobs open others, and compute what those found.
  reviews: `(select * from reviews where due_at - created_at = interval '1 day')`,
  // What was given up stays so until somebody asks for it.
  webhook_deliveries: `(select * from webhook_deliveries where state = 'failed')`,
};

/**
 * A digest of each table's rows, by its name: a table with equal digests before and after was not touched. Tables made
 * later count.
 */
export async function databaseState(second: SecondProcess): Promise<Record<string, string>> {
  const tables = await second.rows<{ name: string }>(sql`
    select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition order by 1`);
  const state: Record<string, string> = {};
  for (const { name } of tables) {
    const left = restless[name] ?? [];
    if (left === true) continue;
    const from = sql.raw(`${parts[name] ?? `"${name}"`} t`);
    const without = sql`${`{${left.join(',')}}`}::text[]`;
    const rows = await second.rows<{ row: string }>(
      sql`select (to_jsonb(t) - ${without})::text as row from ${from} order by 1`,
    );
    state[name] = hash('sha256', rows.map(({ row }) => row).join('\n'));
  }
  return state;
}
