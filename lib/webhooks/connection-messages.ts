import { type SQL, sql } from 'drizzle-orm';
import type { LedgerAction } from '#lib/ledger/actions';

/** The entries that messages about connections are made of; refreshes too, but only one after an outage. */
export const announced = [
  'connection.created',
  'connection.reconnected',
  'connection.needs_reconnect',
  'connection.revoked',
] as const satisfies readonly LedgerAction[];

/** The type of the message that tells of such an entry. */
export const typeOf = (action: SQL): SQL =>
  sql`case ${action} when 'connection.needs_reconnect' then 'connection.needs_reauth'
    when 'token.refreshed' then 'connection.recovered' else ${action} end`;

/** The id of the message of an entry `t`: every maker gives it the same one, so that a receiver takes it once. */
export const messageIdOf = sql`'msg_' || t.id`;

/** The kept part of the message of an entry `t`. The person is named as it is sent (`bodyOf`). */
export const payloadOf = sql`jsonb_build_object('type', ${typeOf(sql`t.action`)},
    'timestamp', to_char(t.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'data', jsonb_strip_nulls(jsonb_build_object('connection_id', t.connection_id, 'person_id', t.person_id,
      'provider', t.provider, 'reason', t.code)))`;
