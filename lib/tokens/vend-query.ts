import type { Context } from '#lib/context';
import type { HotPath } from '#lib/db/database';
import { createGrouped, oncePerDatabase } from '#lib/db/grouped';
import type { ApiKeyScope } from '#lib/db/schema/api-key-scopes';
import type { ConnectionStatus } from '#lib/db/schema/connections';
import type { ApiKeyActor } from '#lib/guards/require-api-key';

/** Everything that decides about a vend, as it is at this moment by the database's clock. */
export interface VendRow {
  key_id: string;
  key_scopes: ApiKeyScope[];
  key_providers: string[] | null;
  key_ip_ranges: string[] | null;
  key_ip_rule: 'deny' | 'alert';
  key_application_id: string | null;
  /** Its last use is not of the last minute. */
  key_stale: boolean;
  /** The key belongs to an application, and the connection to none of its people. */
  key_elsewhere: boolean;
  /** Null, and so is all that follows, where there is no such connection. */
  id: string | null;
  person_id: string;
  provider: string;
  issuer: string;
  subject: string;
  label: string | null;
  status: ConnectionStatus;
  /** The code with which the provider last refused to renew it. */
  refused_with: string | null;
  scopes_requested: string[];
  scopes_granted: string[] | null;
  extras: Record<string, string | number | boolean>;
  token_type: string;
  access_token: string | null;
  refreshable: boolean;
  /** A valid ID token came when it was connected. */
  id_token_checked: boolean;
  expires_at: Date | null;
  /** Seconds that were left as it was read; negative where it is over. */
  expires_in: number | null;
  due: boolean;
  alive: boolean;
  /** A refresh failed lately, or the background is at it: while the token lives it need not be tried again. */
  backing_off: boolean;
  generation: number;
  account_params: Record<string, string>;
  /** This very key used it within the last minute. */
  used_lately: boolean;
  frozen: boolean;
}

/** Text that is no connection's id finds no connection, but its key is still asked for: a wrong key is told first. */
export const nowhere = { personId: 'per_none', id: 'con_none' };

/** What one call asks for: a key, by its hash or its id, and a connection. */
interface Asked {
  key: string;
  personId: string;
  id: string;
}

// Whether any freeze stands is asked first, since mostly none does. A connection of a person who is disabled or deleted
// in batches counts as frozen until its batch. `due`, `alive` and `untrusted` say what `refreshDue`, `tokenIsAlive` and
// `endIsUntrusted` say to the query builder; a test holds them together. `offset 0` keeps the tables from being joined
// whole, whatever the planner thinks of their size: each is looked into once a call.
/** The question to the database, of calls given as a JSON array in `$1`. */
export const vendStatement = (keyColumn: 'key_hash' | 'id') => `
  select asked.n, k.id as key_id, to_jsonb(k.scopes) as key_scopes, to_jsonb(k.providers) as key_providers,
    to_jsonb(k.ip_ranges) as key_ip_ranges,
    k.ip_rule as key_ip_rule, k.application_id as key_application_id, (k.last_used_at > now() - interval '1 minute') is not true as key_stale,
    k.application_id is not null and not exists (
      select 1 from people p where p.id = c.person_id and p.application_id = k.application_id) as key_elsewhere,
    c.id, c.person_id, c.provider, c.issuer, c.subject, c.label, c.status, c.refused_with,
    to_jsonb(c.scopes_requested) as scopes_requested, to_jsonb(c.scopes_granted) as scopes_granted, c.extras, c.token_type, c.access_token, c.refresh_token is not null as refreshable,
    coalesce((c.authorization->>'idTokenChecked')::boolean, false) as id_token_checked,
    c.access_token_expires_at as expires_at,
    extract(epoch from c.access_token_expires_at - clock_timestamp())::float8 as expires_in,
    c.access_token_expires_at is not null and (c.access_token_expires_at - clock_timestamp() <
      least(interval '1 minute', (c.access_token_expires_at - c.access_token_issued_at) / 10)
      or end_is.untrusted) as due,
    c.access_token_expires_at is null
      or (c.access_token_expires_at > clock_timestamp() and not end_is.untrusted) as alive,
    coalesce(c.next_refresh_attempt_at > clock_timestamp(), false) as backing_off, c.generation, c.account_params,
    (u.last_used_by = k.id and u.last_used_at > now() - interval '1 minute') is true as used_lately,
    exists (select 1 from freezes where lifted_at is null) and exists (
      select 1 from freezes f where f.lifted_at is null and (f.scope, f.target) in (('everything', ''),
        ('provider', c.provider), ('person', c.person_id), ('connection', c.id), ('api_key', k.id)))
      or exists (select 1 from person_endings e where e.person_id = c.person_id) as frozen
  from jsonb_to_recordset($1::text::jsonb) as asked(n integer, key text, "personId" text, id text)
    cross join lateral (select * from api_keys where ${keyColumn} = asked.key offset 0) k
    left join lateral (select * from connections where person_id = asked."personId" and id = asked.id offset 0) c on true
    left join lateral (select * from connection_uses
      where person_id = asked."personId" and connection_id = asked.id offset 0) u on true
    cross join lateral (select c.refresh_token is not null and coalesce(
      c.access_token_issued_at > clock_timestamp() + interval '5 seconds'
      or c.access_token_issued_at < (select clock_went_back_at from instance), false) as untrusted) end_is
  where k.revoked_at is null and (k.expires_at is null or k.expires_at > clock_timestamp())
    and (k.application_id is null
      or exists (select 1 from applications a where a.id = k.application_id and a.disabled_at is null))`;

async function askTogether(hot: HotPath, text: string, asked: readonly Asked[]): Promise<(VendRow | undefined)[]> {
  const rows = await hot.read<VendRow & { n: number }>(text, [JSON.stringify(asked.map((one, n) => ({ n, ...one })))]);
  const found: (VendRow | undefined)[] = asked.map(() => undefined);
  for (const row of rows) found[row.n] = row;
  return found;
}

/** Calls that arrive together are asked for in one statement: to take it apart and begin it costs more than a row does. */
const together = (keyColumn: 'key_hash' | 'id') => {
  const text = vendStatement(keyColumn);
  return oncePerDatabase(`vends-by-${keyColumn}`, ({ hot }) =>
    createGrouped((asked: Asked[]) => askTogether(hot, text, asked), { triedAlone: false }),
  );
};
const byHash = together('key_hash');
const byId = together('id');

/**
 * Asks in one round trip for the key, its rules, the connection and every freeze over it, as they are once this was
 * called. Undefined: no such live key.
 * @param connection well-formed ids, or `nowhere`
 */
export function askForVend(
  ctx: Context,
  key: { hash: string } | Pick<ApiKeyActor, 'keyId'>,
  connection: { personId: string; id: string },
): Promise<VendRow | undefined> {
  return 'hash' in key
    ? byHash(ctx.database).add({ key: key.hash, ...connection })
    : byId(ctx.database).add({ key: key.keyId, ...connection });
}
