import { inArray, isNull, sql } from 'drizzle-orm';
import { refreshTokenPlace } from '#lib/connections/tokens-at-rest';
import type { Runtime } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { freezes } from '#lib/db/schema/freezes';
import { providerStops } from '#lib/db/schema/provider-stops';
import { holdDataKeys } from '#lib/vault-keys/data-keys';
import { wait } from '#tests/random';
import type { Callers, Slot } from './callers.ts';
import type { GrantRow } from './judge.ts';

/** How long a connection may take to find its end once it is asked for: a spending lease and then a doubt, and more. */
const settlingMs = 900_000;

/** So many are asked for at the same time: a busy machine answers no more of them sooner. */
const atOnce = 8;

/**
 * Asks for every connection until it gave a token or needs its person, so that whatever hung has come to its end. Answers
 * a sentence for each that came to none.
 */
export async function settle(callers: Callers, slots: readonly Slot[], urls: () => string[]): Promise<string[]> {
  const endless: string[] = [];
  const left = slots.map((slot) => ({ slot, given: 0, at: 0, giveUpAt: Number.POSITIVE_INFINITY }));
  const worker = async () => {
    while (left.length > 0) {
      // A connection that was asked for goes to the end of the queue, so that its next token is a refreshed one.
      const next = left.shift();
      if (!next) return;
      const { grant } = next.slot;
      await wait(Math.max(0, next.at - Date.now()));
      next.giveUpAt = Math.min(next.giveUpAt, Date.now() + settlingMs);
      const all = urls();
      if (await callers.ask(all[left.length % all.length] ?? '', next.slot)) next.given += 1;
      if (next.slot.grant !== grant || next.given === 2) continue;
      if (Date.now() > next.giveUpAt) endless.push(`${grant}: no token for a quarter of an hour, and no end`);
      else left.push({ ...next, at: Date.now() + 3000 });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return endless;
}

/** What the database says in the end. */
export interface Found {
  rows: Map<string, GrantRow>;
  inLedger: Set<string>;
  /** Freezes and stopped refreshes, which a person would have to look at. */
  standing: number;
}

/** Reads it, `ids` having the connection of each grant. */
export async function readDatabase(
  runtime: Runtime,
  ids: ReadonlyMap<string, string>,
  accepts: (refreshToken: string) => boolean,
): Promise<Found> {
  const {
    database: { db },
    vault,
  } = runtime;
  await holdDataKeys(runtime);
  const all = await db
    .select()
    .from(connections)
    .where(inArray(connections.id, [...ids.values()]));
  const byId = new Map(all.map((row) => [row.id, row]));
  const rows = new Map<string, GrantRow>();
  for (const [grant, id] of ids) {
    const row = byId.get(id);
    if (!row) continue;
    const token = vault.open(row.refreshToken ?? '', refreshTokenPlace(row));
    rows.set(grant, { status: row.status, statusReason: row.statusReason, accepted: accepts(token) });
  }
  const vends = rowsOf<{ id: string }>(
    await db.execute(sql`select request_id as id from ledger where action = 'token.vended' and outcome = 'ok'`),
  );
  const frozen = await db.select({ id: freezes.id }).from(freezes).where(isNull(freezes.liftedAt));
  const stops = await db.select().from(providerStops).where(isNull(providerStops.endedAt));
  return { rows, inLedger: new Set(vends.map(({ id }) => id)), standing: frozen.length + stops.length };
}

/** The ledger's entries of those connections, to be read where something is wrong. */
export async function readHistory({ database: { db } }: Runtime, ids: readonly string[]): Promise<object[]> {
  if (ids.length === 0) return [];
  return rowsOf(
    await db.execute(
      sql`select * from ledger where connection_id in (${sql.join(
        ids.map((id) => sql`${id}`),
        sql`, `,
      )}) order by at, id`,
    ),
  );
}
