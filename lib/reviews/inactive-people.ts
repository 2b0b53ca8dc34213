import { type SQL, sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { databaseNow } from '#lib/db/clock';
import { type Db, rowsOf } from '#lib/db/database';
import { requireReader } from '#lib/guards/require';
import { isAddress } from '#lib/outbound/send-mail';
import type { Clock } from '#lib/reviews/open-reviews';
import { moment } from '#lib/reviews/rows';
import type { Somebody } from '#lib/reviews/views';

/** The task of which the page lists them. */
export const inactiveTask = 'inactive_grants';

const dayMs = 86_400_000;
const mostListed = 100;
/** For how long a notice that came to an end stays in the list. */
const endedDays = 90;

/**
 * The last sign of life of the person `p`: a sign-in, a connection that was made, or a service that read one. The order of
 * the tables is that of the rows: one person's connections and uses are next to each other.
 */
const lastActive = sql`greatest(coalesce(p.last_signed_in_at, p.created_at),
  (select max(greatest(c.connected_at, u.last_used_at)) from connections c
    left join connection_uses u on u.person_id = c.person_id and u.connection_id = c.id where c.person_id = p.id))`;
const liveOf = sql`from connections c where c.person_id = p.id and c.status <> 'revoked'`;

/**
 * True for a person `p` who may sign in, has live connections, and gave no sign of life after `cutoff`. People of an
 * application never sign in, and have no address to be told at.
 */
const isInactive = (cutoff: SQL) => sql`p.disabled_at is null and p.deleted_at is null and p.application_id is null
  and coalesce(p.last_signed_in_at, p.created_at) < ${cutoff} and exists (select 1 ${liveOf}) and ${lastActive} < ${cutoff}`;

const cutoffOf = (ctx: Context, now: Date): SQL => moment(new Date(now.getTime() - ctx.config.inactiveDays * dayMs));

/**
 * How it stands: `untold` (no notice), `sending`, `told` (waits for its date), `due` (may be revoked), `over` (not inactive
 * any more), `revoked`, `no_address` (no mail can be sent).
 */
export type InactivityState = 'untold' | 'sending' | 'told' | 'due' | 'over' | 'revoked' | 'no_address';

/** An inactive person, with the notice. */
export interface InactivePersonView {
  person: Somebody;
  lastActiveAt: Date;
  connections: number;
  state: InactivityState;
  notifiedAt: Date | null;
  dueAt: Date | null;
  revokedAt: Date | null;
}

interface Row extends Record<string, unknown> {
  id: string;
  name: string | null;
  email: string | null;
  inactive: boolean;
  last_active: Date | string;
  connections: number;
  begun_at: Date | string | null;
  notified_at: Date | string | null;
  due_at: Date | string | null;
  revoked_at: Date | string | null;
}

/** After so long a mail that neither was taken nor failed may be sent anew: its process has died. */
const sendingSeconds = 300;

function stateOf(row: Row, now: Date): InactivityState {
  const at = (value: Date | string | null) => (value === null ? null : new Date(value));
  const [notifiedAt, dueAt, begunAt] = [at(row.notified_at), at(row.due_at), at(row.begun_at)];
  if (!row.inactive) return row.revoked_at ? 'revoked' : 'over';
  // One sign of life ends a notice, and so does the revocation. One of a clock that was ahead never counted.
  const holds = !row.revoked_at && notifiedAt && notifiedAt <= now && new Date(row.last_active) < notifiedAt;
  if (holds && dueAt) return dueAt <= now ? 'due' : 'told';
  const sendingFor = begunAt && !notifiedAt ? now.getTime() - begunAt.getTime() : -1;
  if (sendingFor >= 0 && sendingFor < sendingSeconds * 1000) return 'sending';
  return isAddress(row.email) ? 'untold' : 'no_address';
}

const columns = (
  cutoff: SQL,
) => sql`p.id, coalesce(p.name, p.email) as name, p.email, (${isInactive(cutoff)}) as inactive,
  ${lastActive} as last_active, (select count(*)::int ${liveOf}) as connections,
  n.begun_at, n.notified_at, n.due_at, n.revoked_at`;

/** One person as the list shows them; undefined where there is none. For use inside of a transaction that locked them. */
export async function readInactive(
  tx: Db,
  ctx: Context,
  personId: string,
  now: Date,
): Promise<(InactivePersonView & { inactive: boolean; email: string | null }) | undefined> {
  const [row] = rowsOf<Row>(
    await tx.execute(sql`select ${columns(cutoffOf(ctx, now))} from people p
      left join inactivity_notices n on n.person_id = p.id where p.id = ${personId}`),
  );
  return row && { ...toView(row, now), inactive: row.inactive, email: row.email };
}

function toView(row: Row, now: Date): InactivePersonView {
  const at = (value: Date | string | null) => (value === null ? null : new Date(value));
  return {
    person: { id: row.id, name: row.name },
    lastActiveAt: new Date(row.last_active),
    connections: row.connections,
    state: stateOf(row, now),
    notifiedAt: at(row.notified_at),
    dueAt: at(row.due_at),
    revokedAt: at(row.revoked_at),
  };
}

/** People who gave no sign of life, the longest silent first, and the ends of earlier notices. */
export interface InactivePeopleView {
  inactiveDays: number;
  noticeDays: number;
  /** Mail can be sent. */
  canTell: boolean;
  people: InactivePersonView[];
  more: boolean;
}

/** Lists inactive people and their notices. @throws AppError `unauthenticated`, `forbidden` */
export async function listInactivePeople(ctx: Context, { now: given }: Clock = {}): Promise<InactivePeopleView> {
  requireReader(ctx);
  const { db } = ctx.database;
  const { config } = ctx;
  const now = given ?? (await databaseNow(db));
  const cutoff = cutoffOf(ctx, now);
  const ended = moment(new Date(now.getTime() - endedDays * dayMs));
  const rows = rowsOf<Row>(
    await db.execute(sql`
      with silent as materialized (select p.id from people p where ${isInactive(cutoff)}
        order by coalesce(p.last_signed_in_at, p.created_at), p.id limit ${mostListed + 1}),
      told as materialized (select person_id as id from inactivity_notices where begun_at > ${ended}
        order by begun_at desc limit ${mostListed})
      select ${columns(cutoff)} from (select id from silent union select id from told) listed
        join people p on p.id = listed.id left join inactivity_notices n on n.person_id = p.id
      where p.deleted_at is null order by inactive desc, last_active, p.id`),
  );
  const views = rows.map((row) => toView(row, now));
  return {
    inactiveDays: config.inactiveDays,
    noticeDays: config.inactiveNoticeDays,
    canTell: config.mail !== undefined,
    people: views.slice(0, 2 * mostListed),
    more: rows.filter(({ inactive }) => inactive).length > mostListed,
  };
}
