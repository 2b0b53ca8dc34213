import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '#lib/context';
import { databaseNow } from '#lib/db/clock';
import { type Database, rowsOf } from '#lib/db/database';
import { ledger } from '#lib/db/schema/ledger';
import type { ConnectionType } from '#lib/db/schema/webhook-types';
import { AppError } from '#lib/errors';
import { isOfItsPeople } from '#lib/guards/application-reach';
import { type ApiKeyActor, requireApiKey } from '#lib/guards/require-api-key';
import { type Fence, settledHorizon } from '#lib/ledger/settled-horizon';
import { parseInput } from '#lib/parse-input';
import { bodyOf, itsPerson } from '#lib/webhooks/body';
import { announced, messageIdOf, payloadOf } from '#lib/webhooks/connection-messages';

export const listEventsInput = z.object({
  /** Where the answer before said to go on; without it nothing is told but where the present is. */
  since: z.string().max(300).optional(),
  /** Replaces the limit of messages in one answer. */
  limit: z.int().min(1).max(500).default(500),
});
export type ListEventsInput = z.input<typeof listEventsInput>;

/** A message as webhooks carry it: the id of its header, and its body. */
export interface EventMessage {
  id: string;
  body: EventBody;
}

type ItsPerson =
  | { id: string; issuer: string; subject: string; email: string | null }
  | { id: string; application: string; tenant: string | null; user: string | null; label: string | null };

export interface EventBody {
  type: ConnectionType;
  timestamp: string;
  data: {
    connection_id: string;
    provider?: string;
    /** A code of why it needs its person. */
    reason?: string;
    person_id?: string;
    /** Absent for a person who was deleted. */
    person?: ItsPerson;
  };
}

export interface Events {
  events: EventMessage[];
  /** For the next request. It may tell some of these once more: entries show up out of order for some seconds. */
  next: string;
  /** There is more already. */
  hasMore: boolean;
}

/** Time in one answer: an old cursor is worked off in parts, so that no request reads a month. */
const longestSpanMs = 3_600_000;
/** As long as messages of webhooks are kept: an API key reads no older history. */
const longestBackMs = 30 * 86_400_000;
/** How long after a fault a refresh may tell of its recovery. It follows within minutes: another process had the answer. */
const recoveryMs = 3_600_000;
/** Faults that are looked at for that, the newest. */
const mostFaults = 500;

const moment = z.int().min(0).max(8.64e15);
const cursorSchema = z.strictObject({
  at: moment,
  entry: z.int().min(0),
  fence: z.strictObject({ position: z.int().min(0), at: moment }),
});
/** After the entry of that moment and number; and what the next look needs to tell that all before has shown up. */
type Cursor = z.infer<typeof cursorSchema>;

const write = (cursor: Cursor) => Buffer.from(JSON.stringify(cursor)).toString('base64url');

const invalid = (message: string, cause?: unknown) =>
  new AppError('invalid_request', { cause, issues: [{ path: 'since', message }] });

/** @throws AppError `invalid_request` for text of another making */
function read(text: string): Cursor {
  try {
    return cursorSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
  } catch (cause) {
    throw invalid('is not of an answer before', cause);
  }
}

const fenceOf = ({ fence }: Cursor): Fence => ({ position: fence.position, at: new Date(fence.at) });

interface Told extends Record<string, unknown> {
  id: string;
  at: Date | string;
  entry: number | string;
  body: string;
}

/** Messages after the cursor up to a moment, in the order of their entries, of what the key may see. */
async function messagesOf(
  { db }: Database,
  { providers, applicationId }: ApiKeyActor,
  { cursor, upto, most }: { cursor: Cursor; upto: Date; most: number },
): Promise<Told[]> {
  const at = (ms: number) => sql`${new Date(ms).toISOString()}::timestamptz`;
  const after = sql`${at(cursor.at)}, ${cursor.entry}::bigint`;
  const reached = sql`connection_id is not null
    ${providers === null ? sql`` : sql`and provider = any(${sql.param([...providers])}::text[])`}
    ${applicationId === null ? sql`` : sql`and ${isOfItsPeople(ledger.personId, applicationId)}`}`;
  const actions = sql.param([...announced]);
  return rowsOf<Told>(
    await db.execute(sql`
      select m.id, m.at, m.entry, ${bodyOf} as body
      from (
        select t.at, t.id as entry, ${messageIdOf} as id, ${payloadOf} as payload
        from (
          select its.* from unnest(${actions}::text[]) as wanted(name), lateral (
            select * from ledger where action = wanted.name and at >= ${at(cursor.at)} and (at, id) > (${after})
              and at <= ${at(upto.getTime())} and ${reached}
            order by at, id limit ${most}) its
          union all
          -- A refresh tells of a recovery where a fault was the last that happened to its connection.
          select its.* from (
            select distinct person_id, connection_id, at from ledger
            where action = 'connection.needs_reconnect' and at > ${at(cursor.at - recoveryMs)}
              and at <= ${at(upto.getTime())} and ${reached}
            order by at desc limit ${mostFaults}) fault, lateral (
            select * from ledger l where l.person_id = fault.person_id and l.connection_id = fault.connection_id
              and l.at > fault.at and l.at <= ${at(upto.getTime())}
              and (l.action = any(${actions}::text[]) or l.action = 'token.refreshed')
            order by l.at, l.id limit 1) its
          where its.action = 'token.refreshed' and (its.at, its.id) > (${after})) t
        order by t.at, t.id limit ${most}) m ${itsPerson}
      order by m.at, m.entry`),
  );
}

/**
 * The messages about connections that webhooks carry, from the ledger, of everything that the key may see: a key of an
 * application hears of its own people, one for some providers of these. It keeps nothing, so any number may ask.
 * Messages about alerts are not among them.
 * @throws AppError `invalid_api_key`, `insufficient_scope`, `invalid_request`
 */
export async function listEvents(ctx: Context, input: ListEventsInput): Promise<Events> {
  const key = requireApiKey(ctx, 'connections:read');
  const { since, limit } = parseInput(listEventsInput, input);
  const { database } = ctx;
  const now = await databaseNow(database.db);
  const before = since === undefined ? undefined : read(since);
  const { settledTo, fence } = await settledHorizon(database, before ? fenceOf(before) : null);
  const kept = { position: fence.position, at: fence.at.getTime() };
  if (!before) return { events: [], next: write({ at: now.getTime(), entry: 0, fence: kept }), hasMore: false };
  if (before.at < now.getTime() - longestBackMs) throw invalid('is older than thirty days. Begin anew without it');
  // A clock that went back must not leave the reader waiting in the future.
  const cursor = { ...before, at: Math.min(before.at, now.getTime()) };
  const upto = cursor.at + longestSpanMs;
  const found = await messagesOf(database, key, { cursor, upto: new Date(upto), most: limit + 1 });
  const told = found.slice(0, limit);
  const last = found.length > limit ? told.at(-1) : undefined;
  const reached = last
    ? { at: new Date(last.at).getTime(), entry: Number(last.entry) }
    : { at: upto, entry: Number.MAX_SAFE_INTEGER };
  // Entries show up when their transaction ends, so the reader goes on from where all are there.
  const settled = Math.max(cursor.at, settledTo?.getTime() ?? 0);
  const isSettled = reached.at <= settled;
  const from = isSettled ? reached : settled > cursor.at ? { at: settled, entry: 0 } : cursor;
  return {
    events: told.map(({ id, body }) => ({ id, body: JSON.parse(body) as EventBody })),
    next: write({ at: from.at, entry: from.entry, fence: kept }),
    hasMore: last ? isSettled : upto < now.getTime() && from !== cursor,
  };
}
