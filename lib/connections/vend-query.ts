import type { ApiKeyActor } from '#lib/access/require-api-key';
import type { Context } from '#lib/context';
import type { ApiKeyScope } from '#lib/db/schema/api-keys';
import type { ConnectionStatus } from '#lib/db/schema/connections';

/** Everything that decides about a vend, as it is at this moment by the database's clock. */
export interface VendRow {
  key_id: string;
  key_scopes: ApiKeyScope[];
  key_providers: string[] | null;
  key_ip_ranges: string[] | null;
  key_ip_rule: 'deny' | 'alert';
  /** Its last use is not of the last minute. */
  key_stale: boolean;
  /** Null, and so is all that follows, where there is no such connection. */
  id: string | null;
  person_id: string;
  provider: string;
  issuer: string;
  subject: string;
  label: string | null;
  status: ConnectionStatus;
  scopes_requested: string[];
  scopes_granted: string[] | null;
  extras: Record<string, string | number | boolean>;
  token_type: string;
  access_token: string | null;
  refreshable: boolean;
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

// Whether any brake stands is asked first, since mostly none does. `due` and `alive` say what `refreshDue` and `tokenIsAlive` say to the query builder; a test holds them together.
const statement = (keyColumn: 'key_hash' | 'id') => `
  select k.id as key_id, k.scopes as key_scopes, k.providers as key_providers, k.ip_ranges as key_ip_ranges,
    k.ip_rule as key_ip_rule, (k.last_used_at > now() - interval '1 minute') is not true as key_stale,
    c.id, c.person_id, c.provider, c.issuer, c.subject, c.label, c.status, c.scopes_requested, c.scopes_granted,
    c.extras, c.token_type, c.access_token, c.refresh_token is not null as refreshable,
    c.access_token_expires_at as expires_at,
    extract(epoch from c.access_token_expires_at - clock_timestamp())::float8 as expires_in,
    coalesce(c.access_token_expires_at - clock_timestamp() <
      least(interval '1 minute', (c.access_token_expires_at - c.access_token_issued_at) / 10), false) as due,
    coalesce(c.access_token_expires_at > clock_timestamp(), true) as alive,
    coalesce(c.next_refresh_attempt_at > clock_timestamp(), false) as backing_off, c.generation, c.account_params,
    (u.last_used_by = k.id and u.last_used_at > now() - interval '1 minute') is true as used_lately,
    exists (select 1 from freezes where lifted_at is null) and exists (
      select 1 from freezes f where f.lifted_at is null and (f.scope, f.target) in (('everything', ''),
        ('provider', c.provider), ('person', c.person_id), ('connection', c.id), ('api_key', k.id))) as frozen
  from api_keys k left join connections c on c.person_id = $2 and c.id = $3
    left join connection_uses u on u.person_id = c.person_id and u.connection_id = c.id
  where k.${keyColumn} = $1 and k.revoked_at is null and (k.expires_at is null or k.expires_at > clock_timestamp())`;

const byHash = statement('key_hash');
const byId = statement('id');

/** Asks in one round trip for the key, its rules, the connection and every brake over it. Undefined: no such live key. */
export async function askForVend(
  ctx: Context,
  key: { hash: string } | Pick<ApiKeyActor, 'keyId'>,
  connection: { personId: string; id: string },
): Promise<VendRow | undefined> {
  const [text, value] = 'hash' in key ? [byHash, key.hash] : [byId, key.keyId];
  const [row] = await ctx.database.hot.read<VendRow>(text, [value, connection.personId, connection.id]);
  return row;
}
