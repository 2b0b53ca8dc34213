import { sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import type { Finding } from '#lib/db/schema/reviews';
import { prefixOf } from '#lib/ledger/fold-refusals';
import { ledgerLink, moment } from '#lib/reviews/rows';
import type { Span } from '#lib/reviews/task';

/** Days of a person's history that say which places are theirs. */
const historyDays = 90;
const dayMs = 86_400_000;
const mostFound = 50;

/** An address means little, since it changes daily in many networks; a country is nothing that the hub knows. */
const networkOf = (ip: string) => prefixOf(ip, { ipv4: 24, ipv6: 48 });

const actions = sql`('sign_in.completed', 'connection.created', 'connection.reconnected')`;

interface Place extends Record<string, unknown> {
  person: string;
  ip: string;
}

/** From where people signed in and connected; a day at a time, so that no statement reads for long. */
async function* placesByDay(ctx: Context, { from, to }: Span): AsyncGenerator<Place[]> {
  for (let at = from.getTime(); at < to.getTime(); at += dayMs) {
    const end = new Date(Math.min(at + dayMs, to.getTime()));
    yield rowsOf<Place>(
      await ctx.database.db.execute(sql`select distinct person_id as person, ip from ledger
        where action in ${actions} and at >= ${moment(new Date(at))} and at < ${moment(end)}
          and person_id is not null and ip is not null`),
    );
  }
}

const placesWithin = async (ctx: Context, span: Span): Promise<Map<string, Set<string>>> => {
  const places = new Map<string, Set<string>>();
  for await (const ofDay of placesByDay(ctx, span))
    for (const { person, ip } of ofDay) places.set(person, (places.get(person) ?? new Set()).add(networkOf(ip)));
  return places;
};

/** People who signed in or connected from a network that was never theirs within the last months. */
export async function findNewPlaces(ctx: Context, span: Span): Promise<Finding[]> {
  const now = await placesWithin(ctx, span);
  if (now.size === 0) return [];
  const history = { from: new Date(span.from.getTime() - historyDays * dayMs), to: span.from };
  const known = await placesWithin(ctx, history);
  const found: Finding[] = [];
  for (const [person, networks] of now)
    for (const network of networks) {
      // Of a person without a history nothing is unusual.
      if (found.length >= mostFound || known.get(person)?.has(network) !== false) continue;
      found.push({
        result: 'attention',
        subject: person,
        found: `Signed in or connected from ${network}, a network that was not theirs in the ${historyDays} days before.`,
        propose: 'Ask the person. If they know nothing of it, freeze them and end their sessions.',
        href: ledgerLink({ person }, span),
        act: { kind: 'freeze', scope: 'person', target: person },
      });
    }
  return found;
}
