import { and, desc, eq, inArray } from 'drizzle-orm';
import { foldByDay } from '#lib/connections/fold-day';
import { historySentence, isOfItself } from '#lib/connections/history-sentence';
import { plainSentence } from '#lib/connections/plain-sentence';
import type { HistoryView } from '#lib/connections/views';
import type { Context } from '#lib/context';
import { apiKeys } from '#lib/db/schema/api-keys';
import { connections } from '#lib/db/schema/connections';
import { ledger } from '#lib/db/schema/ledger';
import { AppError } from '#lib/errors';
import { isOwn } from '#lib/guards/is-own';
import { readsEverything } from '#lib/guards/require';
import { personOfConnection } from '#lib/ids';

const newest = 500;

type Event = Pick<
  typeof ledger.$inferSelect,
  'at' | 'action' | 'outcome' | 'code' | 'actorType' | 'actorId' | 'ip' | 'requestId' | 'count' | 'details'
>;

/**
 * Folds like events of a day («Used 37 times by billing-sync»); newest first in, newest first out.
 * @param zone of the days, an IANA name
 */
export function foldHistory(
  events: readonly Event[],
  zone: string,
  nameOf: (event: Event) => string,
  sentenceOf: (event: Event) => string = historySentence,
): HistoryView[] {
  const lines = events.map(
    (event): HistoryView => ({
      at: event.at,
      until: event.at,
      action: event.action,
      sentence: sentenceOf(event),
      outcome: event.outcome,
      code: event.code,
      count: event.count,
      by: nameOf(event),
      ip: event.ip,
      requestId: event.requestId,
    }),
  );
  return foldByDay(lines, zone, ({ outcome, code, by }) => JSON.stringify([outcome, code, by]));
}

/**
 * The events of a connection, newest first: the last 500, like ones of a day folded.
 * @param input `plain`: in words for its person, without tokens
 * @throws AppError `not_found`, also for another person's connection
 */
export async function connectionHistory(
  ctx: Context,
  input: { id: string; zone?: string; plain?: boolean },
): Promise<HistoryView[]> {
  const { db } = ctx.database;
  const personId = personOfConnection(input.id);
  if (!personId) throw new AppError('not_found');
  const [known] = await db
    .select({ provider: connections.provider })
    .from(connections)
    .where(and(eq(connections.personId, personId), eq(connections.id, input.id)));
  if (!known || !(isOwn(ctx.actor, personId, known.provider) || readsEverything(ctx))) throw new AppError('not_found');
  const events = await db
    .select({
      at: ledger.at,
      action: ledger.action,
      outcome: ledger.outcome,
      code: ledger.code,
      actorType: ledger.actorType,
      actorId: ledger.actorId,
      ip: ledger.ip,
      requestId: ledger.requestId,
      count: ledger.count,
      details: ledger.details,
    })
    .from(ledger)
    .where(and(eq(ledger.personId, personId), eq(ledger.connectionId, input.id)))
    .orderBy(desc(ledger.at), desc(ledger.id))
    .limit(newest);
  const keyIds = [
    ...new Set(events.filter((event) => event.actorType === 'api_key').map((event) => event.actorId ?? '')),
  ];
  const keys =
    keyIds.length === 0
      ? []
      : await db.select({ id: apiKeys.id, name: apiKeys.name }).from(apiKeys).where(inArray(apiKeys.id, keyIds));
  const keyNames = new Map(keys.map((key) => [key.id, key.name]));
  const self = 'personId' in ctx.actor ? ctx.actor.personId : null;
  const nameOf = (event: Event): string => {
    if (isOfItself(event.action)) return 'Grantkeep';
    if (event.actorType === 'api_key') return keyNames.get(event.actorId ?? '') ?? event.actorId ?? 'a service';
    if (event.actorType === 'system') return 'Grantkeep';
    if (event.actorType !== 'person') return 'A visitor without a sign-in';
    if (event.actorId === self) return 'You';
    return event.actorId === personId ? 'The person' : 'An administrator';
  };
  return foldHistory(events, input.zone ?? 'UTC', nameOf, input.plain ? plainSentence : historySentence);
}
