import { setImmediate as turnOver } from 'node:timers/promises';
import { and, asc, eq, ne, or, type SQL, sql } from 'drizzle-orm';
import { fingerprintOf } from '#lib/connections/fingerprint';
import { openTokens, type SealedRow, sealedColumns } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import type { RefusedGrant } from '#lib/db/schema/revocations';
import { isAppError } from '#lib/errors';
import type { GrantTokens } from '#lib/oauth/revoke-token';
import { mayBeSameAccount } from '#lib/revocation/refused-fate';

/** Tokens that a revocation would end, and the account that they are of as far as it is known. */
export interface HeldAsked {
  personId: string;
  provider: string;
  fingerprints: readonly string[];
  account: Pick<RefusedGrant, 'issuer' | 'subject'>;
  /** The connection of the grant that is asked about. */
  except?: string;
}

/** Rows that are opened at a time, about two milliseconds of the processor. */
const page = 100;

/** The most rows that are opened for one revocation; where more may hold its tokens, an administrator decides. */
const mostOpened = 10_000;

export const fingerprintsOf = (tokens: GrantTokens): string[] =>
  Object.values(tokens)
    .filter((token) => token !== null)
    .map(fingerprintOf);

const own = ({ personId, provider }: HeldAsked) =>
  and(eq(connections.personId, personId), eq(connections.provider, provider));

const holds = (ctx: Context, row: SealedRow & GrantTokens, fingerprints: readonly string[]): boolean => {
  try {
    return fingerprintsOf(openTokens(ctx, row)).some((one) => fingerprints.includes(one));
  } catch (error) {
    if (!isAppError(error)) throw error;
    return false;
  }
};

const select = (db: Db, asked: HeldAsked, which: SQL | undefined) =>
  db
    .select({ ...sealedColumns, personId: connections.personId })
    .from(connections)
    .where(and(ne(connections.status, 'revoked'), which, ne(connections.id, asked.except ?? '')));

/**
 * Whether a live connection holds one of these tokens: the answer was stored although the hub did not learn so, or the
 * provider issues one token to an account again and again, also by another record of its server. Revoking would end that
 * connection. It looks at the person's own connections and at those to the account; where the account is unknown, ask
 * `isHeldByAny` before the provider is told.
 */
export async function isHeld(db: Db, ctx: Context, asked: HeldAsked): Promise<boolean> {
  const { issuer, subject } = asked.account;
  const sameAccount = and(eq(connections.issuer, issuer), eq(connections.subject, subject ?? ''));
  const rows = await select(db, asked, or(own(asked), subject === null ? undefined : sameAccount));
  return rows.some((row) => holds(ctx, row, asked.fingerprints));
}

/**
 * The same of all connections that may be to the account, which are all of its server where the account is unknown: page by
 * page, so call it outside of a transaction. True also where they are too many to look at.
 */
export async function isHeldByAny(ctx: Context, asked: HeldAsked): Promise<boolean> {
  const { db } = ctx.database;
  if (await isHeld(db, ctx, asked)) return true;
  const account = mayBeSameAccount(ctx.providers.get(asked.provider), asked.account);
  let after = { personId: '', id: '' };
  for (let opened = 0; opened < mostOpened; opened += page) {
    const next = sql`(${connections.personId}, ${connections.id}) > (${after.personId}, ${after.id})`;
    const rows = await select(db, asked, and(account, next))
      .orderBy(asc(connections.personId), asc(connections.id))
      .limit(page);
    if (rows.some((row) => holds(ctx, row, asked.fingerprints))) return true;
    const last = rows.at(-1);
    if (!last || rows.length < page) return false;
    after = { personId: last.personId, id: last.id };
    await turnOver();
  }
  return true;
}
