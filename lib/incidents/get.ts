import { type SQL, sql } from 'drizzle-orm';
import { type GetAlertInput, getAlert } from '#lib/alerts/get';
import { network } from '#lib/alerts/read-slice';
import type { AlertDetailView } from '#lib/alerts/views';
import type { Context } from '#lib/context';
import { databaseNow } from '#lib/db/clock';
import { rowsOf } from '#lib/db/database';
import { requireReader } from '#lib/guards/require';
import { personOfConnection } from '#lib/ids';
import { entriesOf, type IncidentEntries, namedConnections } from '#lib/incidents/entries';
import { readIncidentNames } from '#lib/incidents/names';
import type { IncidentKind, IncidentView } from '#lib/incidents/views';

/** Of a longer incident the newest entries are looked at, so that its page stays quick. */
export const mostEntries = 20_000;
/** So many of a kind are named. */
const mostNamed = 5;

/** Of each kind, how many there are and the most frequent, without their names. */
type Found = Record<IncidentKind, { total: number; top: { id: string; count: number }[] }>;

interface FoundRow extends Found {
  [other: string]: unknown;
  rows: number;
  events: number;
  first: string | null;
  last: string | null;
}

const columns: Record<IncidentKind, SQL> = {
  services: sql`l.api_key_id`,
  people: sql`l.person_id`,
  connections: sql`l.connection_id`,
  providers: sql`l.provider`,
  networks: network,
  // A service is among the services already.
  actors: sql`case when l.actor_type in ('person', 'system') then l.actor_id end`,
};

const incidentKinds = Object.keys(columns) as IncidentKind[];

const list = (parts: SQL[]) => sql.join(parts, sql`, `);

/** How many different ones a column has, and the most frequent. */
function among(kind: IncidentKind): SQL {
  const column = sql.identifier(kind);
  return sql`(select jsonb_build_object('total', count(*)::int, 'top', coalesce(jsonb_agg(
      jsonb_build_object('id', id, 'count', times) order by place) filter (where place <= ${mostNamed}::int), '[]'))
    from (select ${column} as id, sum(count)::int as times,
      row_number() over (order by sum(count) desc, ${column}) as place from e where ${column} is not null group by 1) ranked
    ) as ${column}`;
}

async function readFound(ctx: Context, { where }: IncidentEntries): Promise<FoundRow | undefined> {
  const [row] = rowsOf<FoundRow>(
    await ctx.database.db.execute(sql`
      with e as materialized (
        select l.at, l.count, ${list(incidentKinds.map((kind) => sql`${columns[kind]} as ${sql.identifier(kind)}`))}
        from ledger l where ${where} order by l.at desc limit ${mostEntries + 1})
      select count(*)::int as rows, coalesce(sum(count), 0)::int as events, to_json(min(at)) #>> '{}' as first,
        to_json(max(at)) #>> '{}' as last, ${list(incidentKinds.map(among))} from e`),
  );
  return row;
}

/** Of an alert about a state, as far as its evidence names something. */
function namedBy(alert: AlertDetailView): Found {
  const once = (ids: (string | null | undefined)[]) => {
    const different = [...new Set(ids.filter((id) => id !== null && id !== undefined))];
    return { total: different.length, top: different.slice(0, mostNamed).map((id) => ({ id, count: 1 })) };
  };
  const connections = namedConnections(alert);
  const { subject } = alert;
  const provider = subject?.kind === 'check' ? subject.id.split('/')[1] : subject?.kind === 'provider' && subject.id;
  return {
    services: once(subject?.kind === 'api_key' ? [subject.id] : []),
    people: once(connections.map((id) => personOfConnection(id))),
    connections: once(connections),
    providers: once(provider ? [provider] : []),
    networks: once([]),
    actors: once([]),
  };
}

/**
 * An alert with what its events touch: which services, people, accounts and networks, by the names that they have today.
 * @throws AppError `unauthenticated`, `forbidden`, `not_found`, `invalid_request`
 */
export async function getIncident(ctx: Context, input: GetAlertInput): Promise<IncidentView> {
  requireReader(ctx);
  const alert = await getAlert(ctx, input);
  const entries = entriesOf(alert, await databaseNow(ctx.database.db));
  const row = entries ? await readFound(ctx, entries) : undefined;
  const found = row ?? namedBy(alert);
  const idsOf = (kind: IncidentKind) => found[kind].top.map((one) => one.id);
  const nameOf = await readIncidentNames(
    ctx,
    Object.fromEntries(incidentKinds.map((kind) => [kind, idsOf(kind)])) as Record<IncidentKind, string[]>,
  );
  const withNames = (kind: IncidentKind) => ({
    total: found[kind].total,
    top: found[kind].top.map((one) => ({ ...one, name: nameOf(kind, one.id) })),
  });
  return {
    alert,
    events: row
      ? {
          count: row.events,
          capped: row.rows > mostEntries,
          first: row.first === null ? null : new Date(row.first),
          last: row.last === null ? null : new Date(row.last),
        }
      : null,
    services: withNames('services'),
    people: withNames('people'),
    connections: withNames('connections'),
    providers: withNames('providers'),
    networks: withNames('networks'),
    actors: withNames('actors'),
  };
}
