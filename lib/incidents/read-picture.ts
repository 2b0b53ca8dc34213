import { type SQL, sql } from 'drizzle-orm';
import { getAlert } from '#lib/alerts/get';
import { network } from '#lib/alerts/read-slice';
import type { AlertDetailView } from '#lib/alerts/views';
import type { Context } from '#lib/context';
import { databaseNow } from '#lib/db/clock';
import { rowsOf } from '#lib/db/database';
import { requireReader } from '#lib/guards/require';
import { entriesOf } from '#lib/incidents/entries';
import { readIncidentNames } from '#lib/incidents/names';
import { touchedConnections } from '#lib/incidents/touched-connections';
import type { IncidentPictureView } from '#lib/incidents/views';

/** Of more reads the newest are counted, so that the page stays quick. */
const mostReads = 20_000;
const mostRows = 8;
/** Reads of so many connections are looked for. */
const mostConnections = 200;
/** The widths of a span, in minutes: about 50 spans make a picture. */
const widths = [5, 15, 30, 60, 180, 360, 720, 1440] as const;
const mostSpans = 50;
const minuteMs = 60_000;
/** What was usual before, for comparison. */
const beforeMs = 24 * 60 * minuteMs;
const afterMs = 60 * minuteMs;

interface Range {
  from: Date;
  to: Date;
  minutes: number;
}

/** From a day before the incident to an hour after it, in spans that begin at round times (UTC). */
function rangeOf(alert: AlertDetailView, now: Date): Range {
  const to = new Date(Math.min(now.getTime(), alert.heldAt.getTime() + afterMs));
  const wanted = alert.entries.from.getTime() - beforeMs;
  const fits = (minutes: number) => (to.getTime() - wanted) / (minutes * minuteMs) < mostSpans;
  const minutes = widths.find(fits) ?? 1440;
  const width = minutes * minuteMs;
  const from = Math.max(wanted, to.getTime() - (mostSpans - 1) * width);
  return { from: new Date(Math.floor(from / width) * width), to, minutes };
}

/** Which reads tell something about the incident: the narrowest that the alert knows. */
async function scopeOf(ctx: Context, alert: AlertDetailView): Promise<{ of: IncidentPictureView['of']; where: SQL }> {
  const { subject } = alert;
  if (subject?.kind === 'api_key') return { of: 'key', where: sql`l.api_key_id = ${subject.id}` };
  const touched = await touchedConnections(ctx, alert, mostConnections);
  if (touched.length > 0) {
    const pairs = touched.map(({ person, id }) => sql`(${person}::text, ${id}::text)`);
    return {
      of: 'connections',
      where: sql`(l.person_id, l.connection_id) in (values ${sql.join(pairs, sql`, `)})`,
    };
  }
  const provider = subject?.kind === 'check' ? subject.id.split('/')[1] : subject?.id;
  if (provider) return { of: 'provider', where: sql`l.provider = ${provider}` };
  return { of: 'hub', where: sql`true` };
}

interface GroupRow extends Record<string, unknown> {
  service: string;
  provider: string;
  network: string | null;
  first: string;
  last: string;
  touched: boolean;
  spans: { at: number; reads: number; refused: number }[];
  groups: number;
  rows: number;
  oldest: string;
}

async function readGroups(ctx: Context, scope: SQL, touched: SQL, { from, to, minutes }: Range): Promise<GroupRow[]> {
  const width = minutes * 60;
  const text = (column: SQL) => sql`to_json(${column}) #>> '{}'`;
  return rowsOf<GroupRow>(
    await ctx.database.db.execute(sql`
      with e as materialized (
        select l.at, l.api_key_id as service, coalesce(l.provider, '') as provider, ${network} as network,
          case when l.action = 'token.vended' then l.count else 0 end as reads,
          case when l.action = 'token.denied' then l.count else 0 end as refused, (${touched}) as touched,
          floor(extract(epoch from l.at - ${from.toISOString()}::timestamptz) / ${width}::float8)::int as span
        from ledger l where l.at >= ${from.toISOString()}::timestamptz and l.at <= ${to.toISOString()}::timestamptz
          and l.action in ('token.vended', 'token.denied') and l.api_key_id is not null and ${scope}
        order by l.at desc limit ${mostReads}),
      spans as (
        select service, provider, network, span, sum(reads)::int as reads, sum(refused)::int as refused,
          min(at) as first, max(at) as last, bool_or(touched) as touched from e group by 1, 2, 3, 4)
      select service, provider, network, ${text(sql`min(first)`)} as first, ${text(sql`max(last)`)} as last,
        bool_or(touched) as touched, jsonb_agg(jsonb_build_object('at', span, 'reads', reads, 'refused', refused)) as spans,
        (count(*) over ())::int as groups, (select count(*)::int from e) as rows,
        (select ${text(sql`min(at)`)} from e) as oldest
      from spans group by 1, 2, 3
      order by bool_or(touched) desc, sum(reads + refused) desc, 1, 2, 3 limit ${mostRows}`),
  );
}

/**
 * Who read tokens around an incident: each service, provider and network over time, from the ledger.
 * @throws AppError `unauthenticated`, `forbidden`, `not_found`
 */
export async function readIncidentPicture(ctx: Context, { id }: { id: string }): Promise<IncidentPictureView> {
  requireReader(ctx);
  const alert = await getAlert(ctx, { id });
  const now = await databaseNow(ctx.database.db);
  const range = rangeOf(alert, now);
  const { of, where } = await scopeOf(ctx, alert);
  const groups = await readGroups(ctx, where, entriesOf(alert, now)?.where ?? sql`false`, range);
  const names = await readIncidentNames(ctx, { services: [...new Set(groups.map(({ service }) => service))] });
  const width = range.minutes * minuteMs;
  const count = Math.floor((range.to.getTime() - range.from.getTime()) / width) + 1;
  const [first] = groups;
  return {
    of,
    spans: Array.from({ length: count }, (_, n) => new Date(range.from.getTime() + n * width)),
    spanMinutes: range.minutes,
    rows: groups.map(({ service, provider, network, first, last, touched, spans }) => {
      const counts = (name: 'reads' | 'refused') =>
        Array.from({ length: count }, (_, n) => spans.find(({ at }) => at === n)?.[name] ?? 0);
      return {
        service: { id: service, name: names('services', service) },
        provider: { id: provider, name: names('providers', provider) },
        ...{ network, touched, reads: counts('reads'), refused: counts('refused') },
        ...{ first: new Date(first), last: new Date(last) },
      };
    }),
    moreRows: first ? first.groups - groups.length : 0,
    wholeFrom: first && first.rows >= mostReads ? new Date(first.oldest) : null,
  };
}
