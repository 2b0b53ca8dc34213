import { isIP } from 'node:net';
import { and, eq, gte, inArray, lt, type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Db } from '#lib/db/database';
import { ledger } from '#lib/db/schema/ledger';
import { people } from '#lib/db/schema/people';
import { personOfConnection } from '#lib/ids';
import { type LedgerAction, ledgerActions } from '#lib/ledger/actions';
import { networkOf } from '#lib/ledger/fold-refusals';

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
 * A moment of UTC as a form or an address writes it: `2026-11-22` or `2026-11-22T09:30`, to the second or millisecond
 * where it needs be. Undefined for anything else.
 */
function readMoment(text: string | undefined): Date | undefined {
  if (!text || !/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)?$/.test(text)) return undefined;
  const moment = new Date(text.includes('T') ? `${text}Z` : `${text}T00:00Z`);
  return Number.isNaN(moment.getTime()) || moment.getUTCFullYear() < 1970 ? undefined : moment;
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
  'from',
  'to',
] as const;

/** The filter that an address or a form asks for; a value that its part does not know counts as absent. */
export function readLedgerFilter(fields: Readonly<Record<string, string | undefined>>): LedgerFilter {
  const text = (name: (typeof ledgerFilterNames)[number], longest = 64) => {
    const value = fields[name]?.trim();
    // PostgreSQL takes no zero byte in a text.
    return value && value.length <= longest && !value.includes('\0') ? value : undefined;
  };
  const person = text('person', 254);
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
    from: readMoment(fields.from),
    to: readMoment(fields.to),
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
