import { type AnyColumn, type SQL, sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { HubCheck, Observation } from '#lib/checks/check';
import type { Context } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { connectSessions } from '#lib/db/schema/connect-sessions';
import { connections } from '#lib/db/schema/connections';
import { flowTraces } from '#lib/db/schema/flow-traces';
import { flows } from '#lib/db/schema/flows';
import { revocations } from '#lib/db/schema/revocations';
import { webhookEndpoints } from '#lib/db/schema/webhooks';

/** Every column that holds sealed values, and the moment that tells its newest rows. */
export const sealedColumns: readonly { table: PgTable; column: AnyColumn; newest: AnyColumn; name: string }[] = [
  {
    table: connections,
    column: connections.accessToken,
    newest: connections.createdAt,
    name: 'connections.access_token',
  },
  {
    table: connections,
    column: connections.refreshToken,
    newest: connections.createdAt,
    name: 'connections.refresh_token',
  },
  {
    table: revocations,
    column: revocations.accessToken,
    newest: revocations.createdAt,
    name: 'revocations.access_token',
  },
  {
    table: revocations,
    column: revocations.refreshToken,
    newest: revocations.createdAt,
    name: 'revocations.refresh_token',
  },
  {
    table: webhookEndpoints,
    column: webhookEndpoints.secret,
    newest: webhookEndpoints.createdAt,
    name: 'webhook_endpoints.secret',
  },
  {
    table: webhookEndpoints,
    column: webhookEndpoints.previousSecret,
    newest: webhookEndpoints.createdAt,
    name: 'webhook_endpoints.previous_secret',
  },
  {
    table: connectSessions,
    column: connectSessions.heldGrant,
    newest: connectSessions.createdAt,
    name: 'connect_sessions.held_grant',
  },
  { table: flows, column: flows.sealed, newest: flows.expiresAt, name: 'flows.sealed' },
  { table: flows, column: flows.outcome, newest: flows.expiresAt, name: 'flows.outcome' },
  { table: flowTraces, column: flowTraces.sealed, newest: flowTraces.createdAt, name: 'flow_traces.sealed' },
];

/** Rows of each column that are looked at: the newest, and as many of the oldest. */
const sample = 250;

/** The id of the key that a value names; null where it is no compact JWE with AES-256-GCM (RFC 7516 §3.1). */
export function keyOf(value: string): string | null {
  const [head = '', , nonce = '', text = '', tag = '', ...more] = value.split('.');
  if (more.length > 0 || !nonce || !text || !tag) return null;
  try {
    const header = JSON.parse(Buffer.from(head, 'base64url').toString('utf8')) as Record<string, unknown>;
    return header.enc === 'A256GCM' && typeof header.kid === 'string' ? header.kid : null;
  } catch {
    return null;
  }
}

/** A union drops the values that both ends have: no two sealed values are alike. */
async function sampleOf(ctx: Context, { table, column, newest }: (typeof sealedColumns)[number]): Promise<string[]> {
  const end = (order: SQL) => sql`(select ${column} as value from ${table} where ${column} is not null
    order by ${newest} ${order} limit ${sample})`;
  const both = sql`${end(sql`desc`)} union ${end(sql`asc`)}`;
  return rowsOf<{ value: string }>(await ctx.database.db.execute(both)).map(({ value }) => value);
}

async function look(ctx: Context): Promise<Observation> {
  const byKey = new Map<string, number>();
  const clear: string[] = [];
  let looked = 0;
  for (const one of sealedColumns) {
    const values = await sampleOf(ctx, one);
    looked += values.length;
    const keys = values.map(keyOf);
    const readable = keys.filter((key) => key === null).length;
    if (readable > 0) clear.push(`${readable} in ${one.name}`);
    for (const key of keys) if (key !== null) byKey.set(key, (byKey.get(key) ?? 0) + 1);
  }
  const lookedAt = `${looked} values in ${sealedColumns.length} columns`;
  if (clear.length > 0)
    return {
      result: 'fails',
      lookedAt,
      found: `Values that are not sealed: ${clear.join(', ')}.`,
      mend: 'Find out who wrote these rows past the hub. Revoke their grants, then erase the rows.',
    };
  if (looked === 0) return { result: 'unknown', lookedAt, found: 'The hub holds no token and no secret yet.' };
  const counts = [...byKey].sort().map(([key, count]) => `${count} under ${key}`);
  return { result: 'passes', lookedAt, found: `Each is sealed with AES-256-GCM: ${counts.join(', ')}.` };
}

export const sealedValues: HubCheck = {
  id: 'sealed_values',
  name: 'Sealed tokens and secrets',
  line: 'tokens_sealed',
  scope: 'hub',
  alert: 'critical',
  look,
};
