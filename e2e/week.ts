import { sql } from 'drizzle-orm';
import type { RunningApp } from './app-process.ts';
import type { SecondProcess } from './governed.ts';
import { vend } from './steps.ts';
import type { World } from './world.ts';

/** More people, more keys, and reads over these days: as much as a small hub has after its first week. */
const week = { people: 13, keys: 6, reads: 520, failures: 60, days: 8 };

/**
 * Fills a hub that has a world with a week's use: people with accounts, keys with a purpose, reads, failures, alerts. The
 * connections of `world.person` are used the most.
 */
export async function spendAWeek({ rows, until }: SecondProcess, app: RunningApp, world: World): Promise<void> {
  await until(sql`select from alert_progress where checked_at <> '{}'`);
  for (const id of [world.selected, world.revocable]) await vend(app, id);
  await rows(sql`insert into people (id, provider, issuer, subject, name, email, created_at, last_signed_in_at)
    select left(id, -3) || 'w' || lpad(n::text, 2, '0'), provider, issuer, subject || '-' || n,
      (array['Ada Lovelace', 'Grace Hopper', 'Jürgen Groß', 'María José Carreño Quiñones', 'Wu'])[n % 5 + 1] || ' ' || n,
      'person' || n || '@example.com', created_at - make_interval(days => n), now() - make_interval(hours => n * 5)
    from people, generate_series(1, ${week.people}::int) n where id = ${world.person}`);
  // Two accounts each; what cannot be opened with the row's own place is never refreshed here.
  await rows(sql`insert into connections (person_id, id, provider, issuer, subject, label, status, status_reason,
      scopes_requested, scopes_granted, "authorization", access_token, access_token_issued_at, access_token_expires_at,
      created_at, connected_at)
    select p.id, 'con_' || substr(p.id, 5) || right(c.id, 16), c.provider, c.issuer, c.subject || '-' || p.id,
      replace(lower(p.name), ' ', '.') || '@' || c.provider || '.example',
      case when right(p.id, 2)::int % 4 = 0 then 'needs_reconnect' else 'connected' end,
      case when right(p.id, 2)::int % 4 = 0 then 'ended_at_provider' end,
      c.scopes_requested, c.scopes_granted, c."authorization", c.access_token, now(), now() + interval '8 hours',
      p.created_at, p.created_at
    from people p, connections c
    where p.id like left(${world.person}::text, -3) || 'w__' and p.id <> ${world.person}
      and c.id in (${world.selected}, ${world.revocable})`);
  await rows(sql`insert into api_keys (id, name, prefix, key_hash, scopes, purpose, owner, created_by, created_at, last_used_at)
    select id || n, (array['billing-sync', 'calendar-export', 'backup', 'crm', 'reports', 'search-index'])[n], prefix,
      key_hash || n, scopes, 'Keeps your invoices in step with the accounts', 'Team ' || n, created_by,
      created_at - make_interval(days => n), now() - make_interval(mins => n * 40)
    from api_keys, generate_series(1, ${week.keys}::int) n where id = ${world.keyToRotate}`);
  // Of each three reads, one is of the person with the world's connections.
  await rows(sql`insert into ledger (at, action, outcome, actor_type, actor_id, person_id, connection_id, provider,
      api_key_id, ip, request_id, details)
    select now() - make_interval(secs => n * ${(week.days * 86_400) / week.reads}::float8), 'token.vended', 'ok', 'api_key',
      k.id, c.person_id, c.id, c.provider, k.id, '198.51.100.' || n % 3 + 1, 'req_' || lpad(n::text, 16, '0'),
      jsonb_build_object('scopes', to_jsonb(c.scopes_granted), 'fingerprint', encode(sha256(convert_to(c.id, 'UTF8')), 'base64'))
    from generate_series(1, ${week.reads}::int) n
    join (select c.*, row_number() over (order by c.id) - 1 as i, count(*) over () as total from connections c
      where status = 'connected') c
      on case when n % 3 = 0 then c.id = ${world.selected} else c.i = n * 7 % c.total end
    join (select k.*, row_number() over (order by k.id) - 1 as i, count(*) over () as total from api_keys k
      where revoked_at is null) k on k.i = n % 7 % k.total`);
  await rows(sql`insert into ledger (at, action, outcome, code, actor_type, person_id, connection_id, provider, request_id, details)
    select now() - make_interval(secs => n * ${(week.days * 86_400) / week.failures}::float8), kind.action, kind.outcome,
      kind.code, 'system', c.person_id, c.id, c.provider, 'req_' || lpad('f' || n, 16, '0'),
      case when kind.code = 'refresh_refused' then '{"provider_error": "invalid_grant"}'::jsonb else '{}'::jsonb end
    from generate_series(1, ${week.failures}::int) n
    join (values (0, 'token.refreshed', 'ok', null), (1, 'token.refresh_failed', 'failed', 'provider_timeout'),
      (2, 'token.refreshed', 'ok', null), (3, 'flow.refused', 'refused', 'access_denied'),
      (4, 'token.refresh_failed', 'failed', 'refresh_refused')) kind (i, action, outcome, code) on kind.i = n % 5
    join (select c.*, row_number() over (order by c.id) - 1 as i, count(*) over () as total from connections c) c
      on c.i = n % c.total`);
  await rows(sql`insert into connection_uses (person_id, connection_id, last_used_at, last_used_by)
    select distinct on (connection_id) person_id, connection_id, at, api_key_id from ledger
    where action = 'token.vended' order by connection_id, at desc
    on conflict (person_id, connection_id) do nothing`);
  // What the tick counts as the ledger settles; it looks at new entries only.
  await rows(sql`insert into event_hours (hour, action, outcome, provider, count)
    select date_trunc('hour', at), action, outcome, coalesce(provider, ''), sum(count) from ledger
    group by 1, 2, 3, 4 on conflict (hour, action, outcome, provider) do update set count = excluded.count`);
  await rows(sql`insert into key_days (api_key_id, day, provider, reads, refused)
    select api_key_id, (at at time zone 'UTC')::date, coalesce(provider, ''), count(*), 0 from ledger
    where action = 'token.vended' group by 1, 2, 3
    on conflict (api_key_id, day, provider) do update set reads = excluded.reads`);
  await rows(sql`update alert_progress set hours_from = now() - interval '9 days'`);
  await rows(sql`insert into key_networks (api_key_id, network, first_seen_at, last_seen_at, reads)
    select api_key_id, '198.51.100.0/24', min(at), max(at), count(*) from ledger where action = 'token.vended' group by 1
    on conflict do nothing`);
  await rows(sql`update alerts set evidence = jsonb_build_array(jsonb_build_object('at', to_jsonb(now()), 'network', '198.51.100.0/24',
      'connection', ${world.selected}::text, 'ip', '198.51.100.1')) where id = ${world.alert}`);
  await rows(sql`insert into alert_events (alert_id, at, kind, by) values (${world.alert}, now(), 'opened', 'system')`);
  await rows(sql`insert into alerts (id, rule, subject, severity, state, value, peak, count, opened_at, held_at, resolved_at, resolved_by)
    select id || n, kind.rule, kind.subject, kind.severity, kind.state, 12, 20, 34, now() - make_interval(hours => n * 30),
      now() - make_interval(hours => n * 20), case when kind.state = 'resolved' then now() - make_interval(hours => n * 19) end,
      case when kind.state = 'resolved' then 'system' end
    from alerts, (values (1, 'refused_callbacks', 'okta', 'warning', 'open'), (2, 'failed_exchanges', 'github', 'warning',
      'acknowledged'), (3, 'provider_failing', 'salesforce', 'warning', 'resolved'), (4, 'needs_reconnect', '', 'info', 'open'))
      kind (n, rule, subject, severity, state) where id = ${world.alert}`);
}
