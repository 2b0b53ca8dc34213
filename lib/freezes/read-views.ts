import { and, eq, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { apiKeys } from '#lib/db/schema/api-keys';
import { connections } from '#lib/db/schema/connections';
import { freezes } from '#lib/db/schema/freezes';
import { people } from '#lib/db/schema/people';
import { shownName } from '#lib/db/shown-name';
import type { FreezeView } from '#lib/freezes/views';

const pulledBy = alias(people, 'pulled_by');
const liftedBy = alias(people, 'lifted_by');
const frozenPerson = alias(people, 'frozen_person');

const nameOf = (person: typeof pulledBy | typeof liftedBy) =>
  sql<string | null>`coalesce(${person.name}, ${person.email})`;

const columns = {
  id: freezes.id,
  scope: freezes.scope,
  target: freezes.target,
  reason: freezes.reason,
  createdBy: freezes.createdBy,
  createdByName: nameOf(pulledBy),
  createdAt: freezes.createdAt,
  liftedBy: freezes.liftedBy,
  liftedByName: nameOf(liftedBy),
  liftedAt: freezes.liftedAt,
  liftReason: freezes.liftReason,
  personName: shownName(frozenPerson),
  keyName: apiKeys.name,
  connectionLabel: connections.label,
};

/** The frozen thing's id and names, and the reasons, in a select of `selectFreezes`. */
export const frozenText = sql`concat_ws(' ', ${freezes.target}, ${freezes.reason}, ${freezes.liftReason},
  ${shownName(frozenPerson)}, ${frozenPerson.email}, ${apiKeys.name}, ${connections.label})`;

/** Freezes with the names that belong to their ids: names are looked up as they are shown, never stored. */
export function selectFreezes(db: Db) {
  return db
    .select(columns)
    .from(freezes)
    .leftJoin(pulledBy, eq(pulledBy.id, freezes.createdBy))
    .leftJoin(liftedBy, eq(liftedBy.id, freezes.liftedBy))
    .leftJoin(frozenPerson, and(eq(freezes.scope, 'person'), eq(frozenPerson.id, freezes.target)))
    .leftJoin(apiKeys, and(eq(freezes.scope, 'api_key'), eq(apiKeys.id, freezes.target)))
    .leftJoin(
      connections,
      and(
        eq(freezes.scope, 'connection'),
        // A connection's id carries its person's: both lead to the row by its key.
        eq(connections.personId, sql`'per_' || substr(${freezes.target}, 5, 16)`),
        eq(connections.id, freezes.target),
      ),
    )
    .$dynamic();
}

export type FreezeRow = Awaited<ReturnType<typeof selectFreezes>>[number];

/** A freeze's row as it is shown. */
export function toFreezeView(ctx: Pick<Context, 'providers'>, row: FreezeRow): FreezeView {
  const provider = row.scope === 'provider' ? (ctx.providers.get(row.target)?.name ?? null) : null;
  return {
    id: row.id,
    scope: row.scope,
    target: row.target,
    targetName: provider ?? row.personName ?? row.keyName ?? row.connectionLabel,
    reason: row.reason,
    createdBy: { id: row.createdBy, name: row.createdByName },
    createdAt: row.createdAt,
    lifted:
      row.liftedAt === null
        ? null
        : { by: { id: row.liftedBy ?? '', name: row.liftedByName }, at: row.liftedAt, reason: row.liftReason },
  };
}
