import { createHash } from 'node:crypto';
import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type ApiKeyActor, keyCoversProvider, requireApiKey } from '#lib/access/require-api-key';
import { refreshConnection } from '#lib/connections/refresh';
import { tokenIsAlive } from '#lib/connections/token-clock';
import { accessTokenPlace } from '#lib/connections/tokens-at-rest';
import { refreshDue } from '#lib/connections/view';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { AppError, isAppError } from '#lib/errors';
import { personOfConnection } from '#lib/ids';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';

export const vendTokenInput = z.object({ id: z.string().max(64) });
export type VendTokenInput = z.input<typeof vendTokenInput>;

/** A live access token for a service, with what it needs to use it. */
export interface VendedToken {
  accessToken: string;
  tokenType: string;
  /** Null: nothing is known of its end. */
  expiresAt: Date | null;
  /** Whole seconds by the database's clock. */
  expiresIn: number | null;
  /** Null: the provider does not say what it granted. */
  scopes: string[] | null;
  missingScopes: string[];
  provider: string;
  account: { issuer: string; subject: string; label: string };
  extras: Record<string, string | number | boolean>;
}

const usedLately = sql<boolean>`coalesce(${connections.lastUsedAt} > now() - interval '1 minute', false)`;

const columns = {
  personId: connections.personId,
  id: connections.id,
  provider: connections.provider,
  issuer: connections.issuer,
  subject: connections.subject,
  label: connections.label,
  status: connections.status,
  frozen: sql<boolean>`${connections.frozenAt} is not null`,
  scopesRequested: connections.scopesRequested,
  scopesGranted: connections.scopesGranted,
  extras: connections.extras,
  tokenType: connections.tokenType,
  accessToken: connections.accessToken,
  refreshable: sql<boolean>`${connections.refreshToken} is not null`,
  expiresAt: connections.accessTokenExpiresAt,
  expiresIn: sql<
    number | null
  >`floor(extract(epoch from ${connections.accessTokenExpiresAt} - clock_timestamp()))::float8`,
  due: refreshDue,
  alive: tokenIsAlive,
  lastUsedBy: connections.lastUsedBy,
  usedLately,
};

type Row = Awaited<ReturnType<typeof load>>;

async function load(ctx: Context, personId: string, id: string) {
  const [row] = await ctx.database.db
    .select(columns)
    .from(connections)
    .where(and(eq(connections.personId, personId), eq(connections.id, id)));
  if (!row) throw new AppError('not_found');
  return row;
}

function assertVendable(actor: ApiKeyActor, row: Row): void {
  // A key that is limited to other providers learns nothing of this connection, not even that it exists.
  if (!keyCoversProvider(actor, row.provider)) throw new AppError('not_found');
  if (row.status === 'revoked') throw new AppError('revoked');
  if (row.frozen) throw new AppError('frozen');
  if (row.status === 'needs_reconnect') throw new AppError('needs_reconnect');
}

/** A provider that is sick must not be noticed by callers as long as the present token lives. */
function isPassing(error: unknown): boolean {
  return isAppError(error) && error.status === 503;
}

async function makeFresh(ctx: Context, actor: ApiKeyActor, row: Row): Promise<Row> {
  let current = row;
  // Twice: a token of a few seconds may be over again by the time its refresh was stored and read.
  for (let attempt = 0; attempt < 2 && current.due && (current.refreshable || !current.alive); attempt++) {
    try {
      await refreshConnection(ctx, { id: current.id });
    } catch (error) {
      if (!isPassing(error)) throw error;
      current = await load(ctx, row.personId, row.id);
      assertVendable(actor, current);
      if (current.alive) return current;
      throw error;
    }
    current = await load(ctx, row.personId, row.id);
    assertVendable(actor, current);
  }
  if (!current.alive) throw new AppError('provider_unavailable', { retryAfterSeconds: 1 });
  return current;
}

/** Notes who used the connection last, at most once a minute unless another key did. */
async function touch(ctx: Context, actor: ApiKeyActor, row: Row): Promise<void> {
  if (row.usedLately && row.lastUsedBy === actor.keyId) return;
  await ctx.database.db
    .update(connections)
    .set({ lastUsedAt: sql`now()`, lastUsedBy: actor.keyId })
    // Asked again in the write: of many callers at once, one writes.
    .where(
      and(
        eq(connections.personId, row.personId),
        eq(connections.id, row.id),
        sql`(${usedLately} and ${connections.lastUsedBy} = ${actor.keyId}) is not true`,
      ),
    );
}

/**
 * Hands an API key a live access token, refreshing it first where it is about to end. The answer is given only after
 * its ledger entry was committed; a refusal is recorded with its code.
 * @throws AppError `insufficient_scope`, `not_found`, `revoked`, `frozen`, `needs_reconnect`, `refresh_in_progress`,
 *   `provider_unavailable`, `provider_configuration`
 */
export async function vendToken(ctx: Context, input: VendTokenInput): Promise<VendedToken> {
  let row: Row | undefined;
  try {
    const actor = requireApiKey(ctx, 'tokens:vend');
    const { id } = parseInput(vendTokenInput, input);
    const personId = personOfConnection(id);
    if (!personId) throw new AppError('not_found');
    row = await load(ctx, personId, id);
    assertVendable(actor, row);
    row = await makeFresh(ctx, actor, row);
    const sealed = row.accessToken;
    if (!sealed) throw new AppError('needs_reconnect');
    const accessToken = ctx.vault.open(sealed, accessTokenPlace(row.id));
    const fingerprint = createHash('sha256').update(accessToken).digest('base64');
    const { provider } = row;
    await Promise.all([
      record(ctx.database.db, ctx, {
        action: 'token.vended',
        personId,
        connectionId: id,
        provider,
        details: { scopes: row.scopesGranted, fingerprint },
      }),
      touch(ctx, actor, row),
    ]);
    const granted = row.scopesGranted;
    return {
      accessToken,
      tokenType: row.tokenType,
      expiresAt: row.expiresAt,
      expiresIn: row.expiresIn,
      scopes: granted,
      missingScopes: granted ? row.scopesRequested.filter((scope) => !granted.includes(scope)) : [],
      provider,
      account: { issuer: row.issuer, subject: row.subject, label: row.label ?? row.subject },
      extras: row.extras,
    };
  } catch (error) {
    await recordDenied(ctx, error, row);
    throw error;
  }
}

async function recordDenied(ctx: Context, error: unknown, row: Row | undefined): Promise<void> {
  if (ctx.actor.type !== 'api_key' || !isAppError(error)) return;
  await record(ctx.database.db, ctx, {
    action: 'token.denied',
    outcome: error.status >= 500 ? 'failed' : 'refused',
    code: error.code,
    personId: row?.personId ?? null,
    connectionId: row?.id ?? null,
    provider: row?.provider ?? null,
  });
}
