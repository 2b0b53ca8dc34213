import { isIP } from 'node:net';
import { and, eq, gte, inArray, lt, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { resolveRange, timeRanges } from '#lib/audit/time-range';
import type { Db } from '#lib/db/database';
import { ledger } from '#lib/db/schema/ledger';
import { people } from '#lib/db/schema/people';
import { personOfConnection } from '#lib/ids';
import { type LedgerAction, ledgerActions } from '#lib/ledger/actions';
import { networkOf } from '#lib/ledger/fold-refusals';
import { instantOf, isZone } from '#lib/wall-time';

const actions = Object.keys(ledgerActions) as [LedgerAction, ...LedgerAction[]];
/** Every action with its sentence, in the order of the list. */
export const listedActions = actions.map((action) => ({ action, sentence: ledgerActions[action] }));
/** More than one have an address only where several providers sign people in. */
const mostPeople = 20;
const outcomes = ['ok', 'refused', 'failed'] as const;
const given = (longest: number) => z.string().trim().min(1, 'must not be empty').max(longest).optional();

/** The filters of the ledger. All given ones must hold. */
export const ledgerFilter = z.object({
  personId: given(64),
  /** Instead of their id: the person with this address now. */
  personEmail: given(254),
  connectionId: given(64),
  provider: given(64),
  apiKeyId: given(64),
  /** An address; refusals that were counted for its whole network fit too. */
  ip: given(64),
  action: z.enum(actions).optional(),
  outcome: z.enum(outcomes).optional(),
  requestId: given(64),
  /** Base64 of the SHA-256 of a token, as GitHub's audit log has it in `hashed_token`. */
  fingerprint: given(64),
  /** From this moment on, and before that one. */
  from: z.date().optional(),
  to: z.date().optional(),
});
export type LedgerFilter = z.input<typeof ledgerFilter>;

/**
 * A moment as a form or an address writes it: `2026-11-22` or `2026-11-22T09:30`, to the second or millisecond where it
 * needs be, as clocks of the zone show it. Undefined for anything else.
 */
function readMoment(text: string | undefined, zone: string): Date | undefined {
  if (!text || !/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)?$/.test(text)) return undefined;
  const wall = text.includes('T') ? text : `${text}T00:00`;
  if (Number.isNaN(Date.parse(`${wall}Z`)) || Number(wall.slice(0, 4)) < 1970) return undefined;
  return instantOf(wall, zone);
}

/** The names that a filter's parts have in an address. */
export const ledgerFilterNames = [
  'person',
  'connection',
  'provider',
  'key',
  'ip',
  'action',
  'outcome',
  'request',
  'fingerprint',
  'range',
  'from',
  'to',
] as const;

/**
 * The filter that an address or a form asks for; a value that its part does not know counts as absent. Moments are those
 * of UTC, or of the zone that the form names beside them; a named range is that of the reader's zone.
 */
export function readLedgerFilter(
  fields: Readonly<Record<string, string | undefined>>,
  reader: { zone: string; now: Date } = { zone: 'UTC', now: new Date() },
): LedgerFilter {
  const text = (name: (typeof ledgerFilterNames)[number], longest = 64) => {
    const value = fields[name]?.trim();
    // PostgreSQL takes no zero byte in a text.
    return value && value.length <= longest && !value.includes('\0') ? value : undefined;
  };
  const person = text('person', 254);
  const zone = isZone(fields.zone) ? fields.zone : 'UTC';
  const given = { from: readMoment(fields.from, zone), to: readMoment(fields.to, zone) };
  const range = timeRanges.find((one) => one === fields.range);
  const named = range && !given.from && !given.to ? resolveRange(range, reader.zone, reader.now) : given;
  return {
    ...(person?.includes('@') ? { personEmail: person } : { personId: text('person') }),
    connectionId: text('connection'),
    provider: text('provider'),
    apiKeyId: text('key'),
    ip: text('ip'),
    action: actions.find((one) => one === fields.action),
    outcome: outcomes.find((one) => one === fields.outcome),
    requestId: text('request'),
    fingerprint: text('fingerprint'),
    from: named.from,
    to: named.to,
  };
}

/** A connection's entries, found among those of its person. */
const ofConnection = (id: string) =>
  and(eq(ledger.personId, personOfConnection(id) ?? ''), eq(ledger.connectionId, id));

/** The people with the e-mail address of a filter now: several, where they sign in by different providers. */
export async function peopleOf(db: Db, { personEmail }: LedgerFilter): Promise<{ id: string; name: string | null }[]> {
  if (!personEmail) return [];
  return db
    .select({ id: people.id, name: people.name })
    .from(people)
    .where(sql`lower(${people.email}) = lower(${personEmail})`)
    .limit(mostPeople);
}

/**
 * The conditions of a filter: an entry that fits one of them fits the filter, and no entry fits two. An address stands
 * in the ledger as itself and, where refusals were folded, as its network, and has a condition for each: an index has
 * the rows of one in the order of time, and the rows of both in none. A person's name is resolved first, so that an
 * index finds their entries.
 */
export async function withinFilter(db: Db, filter: z.output<typeof ledgerFilter>): Promise<(SQL | undefined)[]> {
  const {
    personId,
    personEmail,
    connectionId,
    provider,
    apiKeyId,
    ip,
    action,
    outcome,
    requestId,
    fingerprint,
    from,
    to,
  } = filter;
  const ids = personEmail ? (await peopleOf(db, filter)).map(({ id }) => id) : undefined;
  const within = and(
    personId ? eq(ledger.personId, personId) : undefined,
    ids ? inArray(ledger.personId, ids) : undefined,
    connectionId ? ofConnection(connectionId) : undefined,
    provider ? eq(ledger.provider, provider) : undefined,
    apiKeyId ? eq(ledger.apiKeyId, apiKeyId) : undefined,
    // Both written out, from closed lists: an index of the rare ones can only be used where the value is known.
    action ? sql`${ledger.action} = ${sql.raw(`'${action}'`)}` : undefined,
    outcome ? sql`${ledger.outcome} = ${sql.raw(`'${outcome}'`)}` : undefined,
    requestId ? eq(ledger.requestId, requestId) : undefined,
    fingerprint ? sql`${ledger.details} ->> 'fingerprint' = ${fingerprint}` : undefined,
    from ? gte(ledger.at, from) : undefined,
    to ? lt(ledger.at, to) : undefined,
  );
  if (!ip) return [within];
  return (isIP(ip) ? [ip, networkOf(ip)] : [ip]).map((address) => and(within, eq(ledger.ip, address)));
}
