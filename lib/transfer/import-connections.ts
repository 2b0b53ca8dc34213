import { and, eq, isNull, ne } from 'drizzle-orm';
import { z } from 'zod';
import { sealTokens } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import { withTransaction } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { AppError, isAppError, toAppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { newConnectionId, newPersonId } from '#lib/ids';
import { record } from '#lib/ledger/record';
import { fetchIdentity } from '#lib/oauth/fetch-identity';
import { resolveEndpoints } from '#lib/oauth/resolve-endpoints';
import { parseInput } from '#lib/parse-input';
import type { ProviderRecord } from '#lib/providers/record';
import { refreshConnection } from '#lib/refresh/refresh';
import { faultsOf, type ImportRow, importRow } from '#lib/transfer/import-row';
import { type Found, holdApplication, personOfRow, rowFault } from '#lib/transfer/person-of-row';

export const importInput = z.strictObject({
  provider: z.string(),
  /** A provider that people sign in with: `user_id` is their subject there, and unknown people are made. */
  people: z.string().nullable(),
  /** Stores; without it only says what would be stored. */
  apply: z.boolean(),
  /** Refreshes each stored connection once. */
  refresh: z.boolean(),
  rows: z.array(z.strictObject({ line: z.number().int(), row: z.unknown() })).max(1000),
});
export type ImportInput = z.input<typeof importInput>;

/** What became of a line. Never a token. */
export interface ImportedLine {
  line: number;
  /** `would_import`: a dry run found no fault. `already_here`: the person has a live connection to that account. */
  result: 'imported' | 'would_import' | 'already_here' | 'fault';
  connection?: string;
  fault?: string;
  /** The code with which the first refresh failed. It is not tried again here. */
  refresh_failed?: string;
}

type Settings = Omit<z.output<typeof importInput>, 'rows' | 'provider'> & { provider: ProviderRecord };

/** The account of a row: as the source says, else as the provider says of the access token. */
async function accountOf(ctx: Context, row: ImportRow, provider: ProviderRecord) {
  const pinned = await resolveEndpoints(provider, ctx, {}, { connected: true });
  const issuer = provider.identity.issuer ?? pinned.issuer;
  if (row.subject !== null) return { issuer, subject: row.subject, label: row.label, extras: {} };
  if (row.expires_at && row.expires_at <= ctx.now())
    throw rowFault('subject: is missing, and the access token that could tell it has expired');
  const tokens = {
    access_token: row.access_token,
    token_type: 'bearer',
    expires_in: null,
    refresh_token: null,
    refresh_token_expires_in: null,
    scopes: row.scopes,
    id_token_claims: null,
    extras: {},
  };
  try {
    const identity = await fetchIdentity(provider, pinned, tokens, ctx);
    return {
      issuer: identity.issuer,
      subject: identity.subject,
      label: row.label ?? identity.label,
      extras: identity.extras,
    };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw rowFault(`subject: is missing, and the provider did not tell it (${code})`);
  }
}

/** Stores a row with its entry. Null where the person has a live connection to the account already. */
async function store(
  ctx: Context,
  row: ImportRow,
  provider: ProviderRecord,
  found: Found,
  account: Awaited<ReturnType<typeof accountOf>>,
): Promise<string | null> {
  const personId = found.id ?? newPersonId();
  const id = newConnectionId(personId);
  const { issuer, subject, label, extras } = account;
  const sealedRow = { id, provider: provider.id, issuer, accountParams: {}, generation: 1 };
  const tokens = { access_token: row.access_token, refresh_token: row.refresh_token, refresh_token_expires_in: null };
  const life = row.expires_at && (row.expires_at.getTime() - ctx.now().getTime()) / 1000;
  return withTransaction(ctx.database.db, async (tx) => {
    if (found.application !== null) await holdApplication(tx, found.application);
    if (found.id !== null) {
      // Disabling and deleting a person wait for this, or this sees that it happened.
      const [person] = await tx
        .select({ id: people.id })
        .from(people)
        .where(and(eq(people.id, found.id), isNull(people.disabledAt), isNull(people.deletedAt)))
        .for('share');
      if (!person) throw rowFault('user_id: this person is disabled');
    }
    if (found.make) {
      const made = await tx
        .insert(people)
        .values({ id: personId, ...found.make })
        .onConflictDoNothing()
        .returning({ id: people.id });
      if (made.length === 0) throw new AppError('conflict');
      await record(tx, ctx, { action: 'person.imported', personId });
    }
    const stored = await tx
      .insert(connections)
      .values({
        personId,
        id,
        provider: provider.id,
        issuer,
        subject,
        label,
        extras,
        status: 'connected',
        scopesRequested: found.scopes ?? [...provider.scopes],
        scopesGranted: row.scopes,
        // The grant came about elsewhere: nothing is known of how.
        authorization: { pkce: 'none', issChecked: false, idTokenChecked: false, userAgent: null },
        ...(await sealTokens(ctx, sealedRow, tokens, life)),
      })
      .onConflictDoNothing()
      .returning({ id: connections.id });
    if (stored.length === 0) return null;
    const details = { scopes: row.scopes, refreshable: row.refresh_token !== null };
    await record(tx, ctx, {
      action: 'connection.imported',
      personId,
      connectionId: id,
      provider: provider.id,
      details,
    });
    return id;
  });
}

async function importOne(ctx: Context, line: number, given: unknown, settings: Settings): Promise<ImportedLine> {
  const parsed = importRow.safeParse(given);
  if (!parsed.success) return { line, result: 'fault', fault: faultsOf(parsed.error) };
  const { provider, people: signIn, apply, refresh } = settings;
  const row = parsed.data;
  try {
    if (refresh && row.refresh_token === null) throw rowFault('refresh_token: is missing, and a refresh was asked for');
    const found = await personOfRow(ctx, row, { signIn, provider: provider.id });
    // A dry run shows no token to a provider.
    if (!apply && row.subject === null) return { line, result: 'would_import' };
    const account = await accountOf(ctx, row, provider);
    if (found.id !== null && (await isHere(ctx, found.id, provider.id, account)))
      return { line, result: 'already_here' };
    if (!apply) return { line, result: 'would_import' };
    const id = await store(ctx, row, provider, found, account);
    if (id === null) return { line, result: 'already_here' };
    const failed = refresh ? await refreshOnce(ctx, id) : undefined;
    return { line, result: 'imported', connection: id, ...(failed ? { refresh_failed: failed } : {}) };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { line, result: 'fault', fault: error.message };
  }
}

async function isHere(ctx: Context, personId: string, provider: string, of: { issuer: string; subject: string }) {
  const [row] = await ctx.database.db
    .select({ id: connections.id })
    .from(connections)
    .where(
      and(
        eq(connections.personId, personId),
        eq(connections.provider, provider),
        eq(connections.issuer, of.issuer),
        eq(connections.subject, of.subject),
        ne(connections.status, 'revoked'),
      ),
    );
  return row !== undefined;
}

/** Spends the refresh token under its lease, once. The code where that failed; the background deals with it from then on. */
async function refreshOnce(ctx: Context, id: string): Promise<string | undefined> {
  try {
    await refreshConnection(ctx, { id, force: true });
    return undefined;
  } catch (error) {
    return toAppError(error).code;
  }
}

/**
 * Imports connections from another store. A row that is here already is passed over, so that an import that was cut off
 * is simply run again, and no refresh token is shown twice by it. Every fault comes with its line, and stops no other row.
 * @throws AppError `unauthenticated`, `forbidden`, `unknown_provider`, `invalid_request`
 */
export async function importConnections(ctx: Context, input: ImportInput): Promise<ImportedLine[]> {
  requireAdministrator(ctx);
  const { rows, provider: id, ...settings } = parseInput(importInput, input);
  const provider = ctx.providers.get(id);
  if (!provider) throw new AppError('unknown_provider');
  const results: ImportedLine[] = [];
  for (const { line, row } of rows) results.push(await importOne(ctx, line, row, { ...settings, provider }));
  return results;
}
