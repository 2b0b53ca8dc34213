import { type SQL, sql } from 'drizzle-orm';
import { type BurstRule, burstSpan, type Match, type Rule } from '#lib/alerts/rule';
import { type Db, rowsOf } from '#lib/db/database';
import type { AlertEvidence } from '#lib/db/schema/alerts';

/** The finding of a rule about a subject in a slice of the ledger. */
export interface Found {
  rule: Rule;
  subject: string;
  /** The number that is compared with the rule's threshold. */
  value: number;
  /** Events that are new with this slice. */
  count: number;
  evidence: AlertEvidence[];
  /** Where it lies in a span that was looked at before: the span's beginning. */
  since?: Date;
}

/** The entries after `from`, up to and with `to`. */
export interface Slice {
  from: Date;
  to: Date;
}

const moment = (at: Date) => sql`${at.toISOString()}::timestamptz`;
const listed = (values: readonly string[]) =>
  sql.join(
    values.map((value) => sql`${value}`),
    sql`, `,
  );
const within = ({ from, to }: Slice) => sql`l.at > ${moment(from)} and l.at <= ${moment(to)}`;

const subjects: Record<Rule['subject'], SQL> = {
  provider: sql`coalesce(l.provider, '')`,
  api_key: sql`l.api_key_id`,
  // No entry of the ledger is about a check: the rules on checks look at their results.
  check: sql`null`,
  hub: sql`''`,
};

interface Matching {
  rule: Rule;
  match: Match;
}

/** Vending checks its caller's key by itself and has its own entry; every other call refuses the request. */
export const refusedAddress: Match = { actions: ['token.denied', 'request.refused'], codes: ['ip_not_allowed'] };

/** The rules that look at single entries. Reads are too many for that; of them only refused ones are looked at so. */
const matching = (rules: readonly Rule[]): Matching[] =>
  rules.flatMap((rule): Matching[] => {
    if (rule.kind === 'each' || rule.kind === 'window') return [{ rule, match: rule.match }];
    return rule.kind === 'reads' && rule.reads === 'unexpected_address' ? [{ rule, match: refusedAddress }] : [];
  });

/** True for the entries `l` of the ledger that a rule looks for. */
export function matches(match: Match): SQL {
  const codes = match.codes ? sql`and l.code in (${listed(match.codes)})` : sql``;
  const outcome = match.outcome ? sql`and l.outcome = ${match.outcome}` : sql``;
  const state = match.state ? sql`and l.details ->> 'state' = ${match.state}` : sql``;
  return sql`l.action in (${listed(match.actions)}) ${codes} ${outcome} ${state}`;
}

function asked({ rule, match }: Matching): SQL {
  return sql`(${rule.id}::text, case when ${matches(match)} then ${subjects[rule.subject]} end)`;
}

interface EventRow extends Record<string, unknown> {
  rule: string;
  subject: string;
  bucket: string;
  count: number;
  evidence: AlertEvidence[];
}

/** Counts what the rules look for among the slice's entries, and keeps the counts of each minute for their windows. */
export async function countEvents(tx: Db, rules: readonly Rule[], slice: Slice): Promise<Found[]> {
  const looking = matching(rules);
  const actions = [...new Set(looking.flatMap(({ match }) => match.actions))];
  const rows = rowsOf<EventRow>(
    await tx.execute(sql`
      select s.rule, s.subject, to_json(date_trunc('minute', l.at)) #>> '{}' as bucket, sum(l.count)::int as count,
        to_jsonb((array_agg(jsonb_strip_nulls(jsonb_build_object('at', l.at, 'connection', l.connection_id,
          'api_key', l.api_key_id, 'provider', l.provider, 'code', l.code, 'ip', l.ip, 'request', l.request_id))
          order by l.at desc))[1:5]) as evidence
      from ledger l cross join lateral (values ${sql.join(looking.map(asked), sql`, `)}) s(rule, subject)
      where ${within(slice)} and l.action in (${listed(actions)}) and s.subject is not null
      group by s.rule, s.subject, date_trunc('minute', l.at) order by 3 desc`),
  );
  const counted = rows.filter(({ rule }) => rules.some(({ id, kind }) => id === rule && kind === 'window'));
  if (counted.length > 0) {
    const values = counted.map(({ rule: signal, subject, bucket, count }) => ({ signal, subject, bucket, count }));
    await tx.execute(sql`
      insert into alert_counts (signal, subject, bucket, count)
      select signal, subject, bucket, count from jsonb_to_recordset(${JSON.stringify(values)}::text::jsonb)
        as given(signal text, subject text, bucket timestamptz, count integer)
      on conflict (signal, subject, bucket) do update set count = alert_counts.count + excluded.count`);
  }
  const found = new Map<string, Found>();
  for (const row of rows) {
    const rule = rules.find(({ id }) => id === row.rule);
    if (!rule) continue;
    const key = `${rule.id} ${row.subject}`;
    const one = found.get(key) ?? { rule, subject: row.subject, value: 0, count: 0, evidence: [] };
    one.value += row.count;
    one.count += row.count;
    one.evidence = [...one.evidence, ...row.evidence].slice(0, 5);
    found.set(key, one);
  }
  return [...found.values()];
}

interface WindowRow extends Record<string, unknown> {
  rule: string;
  subject: string;
  value: number;
}

/**
 * The contents of the rules' windows at the end of the slice. Events before an end by hand were seen: only later
 * minutes count then.
 */
export async function readWindows(tx: Db, rules: readonly Rule[], to: Date): Promise<WindowRow[]> {
  const windows = rules.flatMap((rule) =>
    rule.kind === 'window' ? [sql`(${rule.id}::text, ${rule.windowMinutes}::int)`] : [],
  );
  return rowsOf<WindowRow>(
    await tx.execute(sql`
      select c.signal as rule, c.subject, sum(c.count)::int as value
      from (values ${sql.join(windows, sql`, `)}) w(signal, minutes)
      join alert_counts c on c.signal = w.signal and c.bucket > ${moment(to)} - make_interval(mins => w.minutes)
        and c.bucket <= ${moment(to)}
      where c.bucket > coalesce((select max(a.resolved_at) from alerts a where a.rule = c.signal
        and a.subject = c.subject and a.resolved_by <> 'system'), '-infinity')
      group by 1, 2`),
  );
}

/** The /24 or /48 that `l.ip` lies in: a service moves within it, and a thief rarely does. */
export const network = sql`case when l.ip ~ '^[0-9a-fA-F:.]+$' then
  network(set_masklen(l.ip::inet, case when family(l.ip::inet) = 4 then 24 else 48 end))::text end`;

interface ReadRow extends Record<string, unknown> {
  subject: string;
  network: string | null;
  reads: number;
  unexpected: number;
  fresh: boolean;
  evidence: AlertEvidence;
}

/**
 * Counts the slice's reads for each key and span of five minutes, keeps the networks they came from, and answers what
 * came from an unexpected address or a new network. The first slice of a key teaches its first networks. A key with
 * expected addresses is held against those instead.
 */
async function countReads(tx: Db, slice: Slice): Promise<ReadRow[]> {
  const span = sql.raw(`interval '${burstSpan.minutes} minutes'`);
  return rowsOf<ReadRow>(
    await tx.execute(sql`
      with read as materialized (
        select l.api_key_id as key, l.ip, date_bin(${span}, l.at, 'epoch'::timestamptz) as bucket,
          sum(l.count)::int as reads, min(l.at) as first_at, max(l.at) as last_at, max(l.request_id) as request,
          coalesce(sum(l.count) filter (where l.details ? 'unexpected_ip'), 0)::int as unexpected
        from ledger l where ${within(slice)} and l.action = 'token.vended' and l.api_key_id is not null group by 1, 2, 3),
      counted as (
        insert into alert_counts (signal, subject, bucket, count)
        select 'reads', key, bucket, sum(reads) from read group by key, bucket
        on conflict (signal, subject, bucket) do update set count = alert_counts.count + excluded.count),
      seen as (
        select l.key, ${network} as network, sum(l.reads)::int as reads, sum(l.unexpected)::int as unexpected,
          min(l.first_at) as first_at, max(l.last_at) as last_at, max(l.ip) as any_ip, max(l.request) as any_request,
          max(l.ip) filter (where l.unexpected > 0) as unexpected_ip,
          max(l.request) filter (where l.unexpected > 0) as unexpected_request
        from read l group by 1, 2),
      noted as (
        insert into key_networks (api_key_id, network, first_seen_at, last_seen_at, reads)
        select key, network, first_at, last_at, reads from seen where network is not null
        on conflict (api_key_id, network) do update
          set last_seen_at = greatest(key_networks.last_seen_at, excluded.last_seen_at),
            reads = key_networks.reads + excluded.reads),
      judged as (
        select seen.*, coalesce(unexpected_ip, any_ip) as ip, coalesce(unexpected_request, any_request) as request,
          network is not null
            and not exists (select 1 from api_keys k where k.id = seen.key and k.ip_ranges is not null)
            and exists (select 1 from key_networks n where n.api_key_id = seen.key)
            and not exists (select 1 from key_networks n where n.api_key_id = seen.key and n.network = seen.network)
          as fresh from seen)
      select key as subject, network, reads, unexpected, fresh, jsonb_strip_nulls(jsonb_build_object('at', last_at,
        'ip', ip, 'network', network, 'reads', reads, 'request', request)) as evidence
      from judged where fresh or unexpected > 0 order by last_at desc`),
  );
}

interface BurstRow extends Record<string, unknown> {
  subject: string;
  bucket: string;
  reads: number;
  busiest: number;
}

/** Keys with a burst: reads of the last two spans against the busiest span of their day before. */
async function findBursts(tx: Db, rule: BurstRule, to: Date): Promise<BurstRow[]> {
  const { floor, factor, leastHistoryMinutes } = rule;
  const { minutes: spanMinutes, baselineHours } = burstSpan;
  const recent = sql`${moment(to)} - make_interval(mins => ${2 * spanMinutes}::int)`;
  return rowsOf<BurstRow>(
    await tx.execute(sql`
      select span.subject, to_json(span.bucket) #>> '{}' as bucket, span.count as reads, base.busiest
      from (select distinct on (subject) subject, bucket, count from alert_counts
          where signal = 'reads' and bucket > ${recent} and bucket <= ${moment(to)} and count >= ${floor}
          order by subject, count desc) span
        cross join lateral (select max(c.count) as busiest, min(c.bucket) as oldest from alert_counts c
          where c.signal = 'reads' and c.subject = span.subject and c.bucket <= ${recent}
            and c.bucket > ${moment(to)} - make_interval(hours => ${baselineHours}::int)) base
      where base.oldest <= ${moment(to)} - make_interval(mins => ${leastHistoryMinutes}::int)
        and span.count >= base.busiest * ${factor}::int`),
  );
}

/** The findings of the rules about reads in a slice. */
export async function readReads(tx: Db, rules: readonly Rule[], slice: Slice): Promise<Found[]> {
  const byReads = (reads: string) => rules.find((rule) => rule.kind === 'reads' && rule.reads === reads);
  const found: Found[] = [];
  const add = (rule: Rule | undefined, subject: string, count: number, evidence: AlertEvidence) => {
    if (!rule) return;
    const known = found.find((one) => one.rule === rule && one.subject === subject);
    if (!known) {
      found.push({ rule, subject, value: count, count, evidence: [evidence] });
      return;
    }
    known.value += count;
    known.count += count;
    known.evidence = [...known.evidence, evidence].slice(0, 5);
  };
  for (const row of await countReads(tx, slice)) {
    if (row.unexpected > 0) add(byReads('unexpected_address'), row.subject, row.unexpected, row.evidence);
    if (row.fresh) add(byReads('new_network'), row.subject, 1, row.evidence);
  }
  for (const rule of rules) {
    if (rule.kind !== 'reads' || rule.reads !== 'burst') continue;
    for (const { subject, bucket, reads, busiest } of await findBursts(tx, rule, slice.to)) {
      const evidence = [{ at: bucket, reads, busiest_before: busiest, minutes: burstSpan.minutes }];
      // Every look finds the same span until it is over: its reads are the measure, and no new events.
      found.push({ rule, subject, value: reads, count: 0, evidence, since: new Date(bucket) });
    }
  }
  return found;
}

const inHours = (slice: Slice) => sql`
  select date_bin(interval '1 hour', l.at, 'epoch'::timestamptz) as hour, l.action, l.outcome,
    coalesce(l.provider, '') as provider, sum(l.count) as count
  from ledger l where ${within(slice)} group by 1, 2, 3, 4`;
const addHours = sql`insert into event_hours (hour, action, outcome, provider, count)
  select hour, action, outcome, provider, count from seen
  on conflict (hour, action, outcome, provider) do update set count = event_hours.count + excluded.count`;

/** Adds the slice's entries to the counts of each hour, and to the counters that never go back. */
export async function addTotals(tx: Db, slice: Slice): Promise<void> {
  await tx.execute(sql`
    with seen as materialized (${inHours(slice)}), hours as (${addHours})
    insert into event_totals (action, outcome, provider, total)
    select action, outcome, provider, sum(count) from seen group by 1, 2, 3
    on conflict (action, outcome, provider) do update set total = event_totals.total + excluded.total`);
}

/**
 * Adds the slice's reads to the scopes that each service stated, and the reads that stated none under an empty scope. Here
 * and not in the vend, which pays nothing for it.
 */
export async function addStatedScopes(tx: Db, slice: Slice): Promise<void> {
  await tx.execute(sql`
    insert into stated_scopes (provider, api_key_id, scope, calls, first_at, last_at)
    select l.provider, l.api_key_id, stated.scope, sum(l.count), min(l.at), max(l.at)
    from ledger l cross join lateral jsonb_array_elements_text(
      case when jsonb_typeof(l.details->'stated_scopes') = 'array' then l.details->'stated_scopes' else '[""]' end) stated(scope)
    where ${within(slice)} and l.action = 'token.vended' and l.provider is not null and l.api_key_id is not null
    group by 1, 2, 3
    on conflict (provider, scope, api_key_id) do update set calls = stated_scopes.calls + excluded.calls,
      first_at = least(stated_scopes.first_at, excluded.first_at),
      last_at = greatest(stated_scopes.last_at, excluded.last_at)`);
}

/** Adds the slice's reads to the days of each key and provider, in UTC. */
export async function addKeyDays(tx: Db, slice: Slice): Promise<void> {
  await tx.execute(sql`
    insert into key_days (api_key_id, day, provider, reads, refused)
    select l.api_key_id, (l.at at time zone 'utc')::date, coalesce(l.provider, ''),
      coalesce(sum(l.count) filter (where l.action = 'token.vended'), 0),
      coalesce(sum(l.count) filter (where l.action = 'token.denied'), 0)
    from ledger l where ${within(slice)} and l.action in ('token.vended', 'token.denied') and l.api_key_id is not null
    group by 1, 2, 3
    on conflict (api_key_id, day, provider) do update set reads = key_days.reads + excluded.reads,
      refused = key_days.refused + excluded.refused`);
}

/** The very first look goes back to this, for the counts of each hour only: it raises no alert. */
const firstLookMilliseconds = 60 * 60_000;
/** Entries that one statement counts within a second or two. */
const mostAtOnce = 500_000;

/**
 * Counts the hours before the very first look, and answers from when on they are whole. A ledger that had its first entry
 * within the last hour is counted from its beginning; of an older one no more is read at once than that hour, and of one
 * with more in it nothing.
 */
export async function addFirstHours(tx: Db, to: Date): Promise<Date> {
  const slice = { from: new Date(to.getTime() - firstLookMilliseconds), to };
  const tooMany = await tx.execute(sql`select 1 from ledger l where ${within(slice)} offset ${mostAtOnce} limit 1`);
  if (rowsOf(tooMany).length > 0) return to;
  await tx.execute(sql`with seen as materialized (${inHours(slice)}) ${addHours}`);
  const older = rowsOf(await tx.execute(sql`select 1 from ledger where at <= ${moment(slice.from)} limit 1`));
  return older.length > 0 ? slice.from : new Date(0);
}
