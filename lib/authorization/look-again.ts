import { and, eq, type SQL, sql } from 'drizzle-orm';
import { isFrozen } from '#lib/connections/frozen';
import { keptChoices } from '#lib/connections/offers';
import { accessTokenPlace } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import { rowsOf, withTransaction } from '#lib/db/database';
import { connections, type OfferedList } from '#lib/db/schema/connections';
import { record } from '#lib/ledger/record';
import { fetchIdentity } from '#lib/oauth/fetch-identity';
import { runLookups } from '#lib/oauth/run-lookups';
import type { Extras, PinnedEndpoints } from '#lib/oauth/types';
import { hasIdentityCall } from '#lib/provider-calls/ask-identity';
import { callProtected } from '#lib/provider-calls/call-protected';
import { callTarget } from '#lib/provider-calls/call-target';
import { endpointsOf } from '#lib/provider-calls/endpoints-of';
import type { ProviderRecord } from '#lib/providers/record';

/** Minutes before each further try; after the last one, a reconnect asks again. */
export const pausesMinutes = [1, 10, 60, 360, 1440] as const;

/** The moment of the next try after so many; null where that was the last. */
export const nextLookup = (tries: number): SQL | null => {
  const pause = pausesMinutes[tries];
  return pause === undefined ? null : sql`now() + make_interval(mins => ${pause}::int)`;
};

/** How long a look-up waits for its turn behind callers; the next try comes by itself. */
const patienceMs = 5000;

interface Row extends Record<string, unknown> {
  personId: string;
  id: string;
  provider: string;
  issuer: string;
  subject: string;
  label: string | null;
  accountParams: Record<string, string>;
  extras: Extras;
  missing: string[];
  offered: OfferedList[] | null;
  accessToken: string;
  generation: number;
  lookups: number;
  /** The access token has not ended. */
  live: boolean;
}

/** Claims due look-ups: the statement that finds a row counts the try and puts off the next one, so that no two ask. */
async function claim(ctx: Context, limit: number): Promise<Row[]> {
  const pause = sql.raw(`(array[${pausesMinutes.join(',')}])[c.lookups + 2]`);
  return rowsOf<Row>(
    await ctx.database.db.execute(sql`
      update connections c set lookups = c.lookups + 1, next_lookup_at = now() + make_interval(mins => ${pause})
      from (select ${connections.personId}, ${connections.id} from ${connections}
        where ${connections.nextLookupAt} <= now() and ${connections.status} = 'connected' and not ${isFrozen}
        order by ${connections.nextLookupAt} limit ${limit} for update skip locked) due
      where c.person_id = due.person_id and c.id = due.id
      returning c.person_id as "personId", c.id, c.provider, c.issuer, c.subject, c.label,
        c.account_params as "accountParams", c.extras, to_jsonb(c.missing) as missing, c.offered,
        c.access_token as "accessToken", c.generation, c.lookups,
        coalesce(c.access_token_expires_at > clock_timestamp(), true) as live`),
  );
}

interface Found {
  label: string | null;
  extras: Extras;
  missing: string[];
  offered: OfferedList[];
}

/** The look-ups of which something is missing, and the identity's call where the label is. */
async function lookAgain(
  ctx: Context,
  provider: ProviderRecord,
  pinned: PinnedEndpoints,
  row: Row,
  token: string,
): Promise<Found> {
  const isMissing = (name: string) => row.missing.includes(`extras.${name}`);
  const lookups = provider.lookups.filter(({ fields }) => Object.keys(fields).some(isMissing));
  const shown = { token, values: row.accountParams };
  const { extras, missing, offered } = await runLookups(provider, lookups, shown, [token], ctx);
  const found: Found = { label: null, extras, missing: missing.map((name) => `extras.${name}`), offered };
  if (!row.missing.includes('account.label') || !hasIdentityCall(provider)) return found;
  const tokens = {
    ...{ access_token: token, token_type: 'bearer', expires_in: null, refresh_token: null, scopes: null },
    ...{ refresh_token_expires_in: null, id_token_claims: null, extras: row.extras },
  };
  const without = { ...provider, lookups: [], identity: { ...provider.identity, emails_endpoint: null } };
  const identity = await fetchIdentity(without, pinned, tokens, ctx, row.accountParams).catch(() => null);
  // OpenID Connect Core §5.3.2: an answer about another subject must not be used.
  if (identity && identity.subject === row.subject && identity.label !== row.subject) found.label = identity.label;
  else found.missing.push('account.label');
  return found;
}

/** Stores what was found, unless the grant is another one meanwhile. */
async function store(ctx: Context, row: Row, found: Found): Promise<void> {
  const { personId, id } = row;
  await withTransaction(ctx.database.db, async (tx) => {
    const same = and(
      eq(connections.personId, personId),
      eq(connections.id, id),
      eq(connections.status, 'connected'),
      eq(connections.generation, row.generation),
    );
    const names = new Set(found.offered.map(({ name }) => name));
    const offered = [...(row.offered ?? []).filter(({ name }) => !names.has(name)), ...found.offered];
    const added = { ...found.extras, ...keptChoices(found.offered, row.extras) };
    const changed = await tx
      .update(connections)
      .set({
        ...(found.label === null ? {} : { label: found.label }),
        extras: sql`${connections.extras} || ${JSON.stringify(added)}::jsonb`,
        missing: found.missing,
        offered: offered.length > 0 ? offered : null,
        ...(found.missing.length > 0 ? {} : { nextLookupAt: null }),
      })
      .where(same)
      .returning({ id: connections.id });
    if (changed.length === 0 || found.missing.length === row.missing.length) return;
    const details = { missing: found.missing.length };
    await record(tx, ctx, {
      action: 'connection.looked_up',
      personId,
      connectionId: id,
      provider: row.provider,
      details,
    });
  });
}

/**
 * Looks once more for what connecting did not find, five times within about a day. The access token is shown only while it
 * lives: no refresh is spent on a name.
 * @returns how many connections were looked at
 */
export async function lookUpMissing(
  ctx: Context,
  { limit = 50, signal }: { limit?: number; signal?: AbortSignal } = {},
) {
  const rows = await claim(ctx, limit);
  for (const row of rows) {
    if (signal?.aborted) break;
    const provider = ctx.providers.get(row.provider);
    if (!provider || !row.live) continue;
    try {
      const token = ctx.vault.open(row.accessToken, accessTokenPlace(row));
      // A look-up that fails leaves its field missing, so it tells the circuit nothing.
      const found = await callProtected(ctx, callTarget(provider, row), patienceMs, async () =>
        lookAgain(ctx, provider, await endpointsOf(ctx, provider, row), row, token),
      );
      await store(ctx, row, found);
    } catch (error) {
      ctx.log.debug({ event: 'look_up_failed', provider: row.provider, connection: row.id, err: error });
    }
  }
  return rows.length;
}
