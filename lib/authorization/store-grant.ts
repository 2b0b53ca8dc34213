import { and, eq, ne, sql } from 'drizzle-orm';
import { nextLookup } from '#lib/authorization/look-again';
import { isFrozenItself } from '#lib/connections/frozen';
import { chosenOf, keptChoices } from '#lib/connections/offers';
import { sealTokens } from '#lib/connections/tokens-at-rest';
import { type Context, inBackground } from '#lib/context';
import { type Db, withTransaction } from '#lib/db/database';
import { type Authorization, connections, type OfferedList } from '#lib/db/schema/connections';
import { AppError } from '#lib/errors';
import { requirePerson } from '#lib/guards/require';
import { newConnectionId } from '#lib/ids';
import { type LedgerEntry, record } from '#lib/ledger/record';
import { haveSameParts } from '#lib/oauth/account-params';
import type { TokenSet } from '#lib/oauth/types';
import { assertNotRefused } from '#lib/revocation/plan-refused';
import { openOld, planReplaced, readReplaced } from '#lib/revocation/replace-grant';
import { workOneRevocation } from '#lib/revocation/work-one-revocation';
import { assertStillActs } from '#lib/sign-in/transact-as';

/** A grant from a checked answer, ready to be kept. */
export interface Grant {
  /** Names the answer (`rfg_…`), should it be refused: one that was is not stored any more. */
  answer: string;
  provider: string;
  issuer: string;
  subject: string;
  label: string | null;
  tokens: TokenSet;
  /** Seconds; null where nothing is known. */
  lifeSeconds: number | null;
  /** When the code was shown, in seconds since 1970 by the database's clock: lives count from then, else from now. */
  askedAt?: number;
  scopesRequested: string[];
  /** Null: the provider does not say. */
  scopesGranted: string[] | null;
  accountParams: Record<string, string>;
  /** The connection that was to be reconnected; its freezes were asked for before the provider was. */
  reconnects: string | null;
  extras: Record<string, string | number | boolean>;
  /** Details that look-ups did not find, to be looked for again. */
  missing?: string[];
  /** Lists of which the person chooses an entry. */
  offered?: OfferedList[];
  authorization: Authorization;
}

/** The person whom a grant is stored for, and what else belongs to storing it. */
export interface GrantOwner {
  personId: string;
  /** Done in the same transaction, before anything is written: what it throws keeps the grant from being stored. */
  within?: (tx: Db, connectionId: string) => Promise<void>;
  /** For the entry. */
  details?: LedgerEntry['details'];
}

function ownerIn(ctx: Context): GrantOwner {
  requirePerson(ctx);
  return { personId: ctx.actor.personId };
}

/** Rolls back an attempt that met another writer. */
const changedMeanwhile = new Error('the row was changed meanwhile');

export interface StoredGrant {
  connectionId: string;
  outcome: 'created' | 'reconnected';
  /** Something is to be chosen, or the account has no name. */
  unsettled: boolean;
}

const liveRow = (personId: string, grant: Grant) =>
  and(
    eq(connections.personId, personId),
    eq(connections.provider, grant.provider),
    eq(connections.issuer, grant.issuer),
    eq(connections.subject, grant.subject),
    ne(connections.status, 'revoked'),
  );

async function findLive(db: Db, personId: string, grant: Grant) {
  const [row] = await db
    .select({
      id: connections.id,
      status: connections.status,
      frozen: isFrozenItself,
      extras: connections.extras,
    })
    .from(connections)
    .where(liveRow(personId, grant));
  return row;
}

/**
 * Keeps a grant: under the id of the person's live connection to the same account, else under a new one. The row, its
 * sealed tokens and the ledger entry are written in one transaction. The write itself notices a connection that another
 * tab revoked or made meanwhile, and looks for it once more. A freeze that was set while the provider answered does not
 * undo the answer; the write meets only a freeze of a connection that the flow did not name.
 * @throws AppError `frozen`, `unauthenticated` where the session ended meanwhile, `person_disabled`, or `conflict` where the row changed under
 *   every attempt, or the answer was refused
 */
export async function storeGrant(ctx: Context, grant: Grant, owner = ownerIn(ctx)): Promise<StoredGrant> {
  const { personId } = owner;
  const { db } = ctx.database;
  const { missing = [], offered = [] } = grant;
  for (let attempt = 0; attempt < 3; attempt++) {
    const live = await findLive(db, personId, grant);
    if (live?.frozen && live.id !== grant.reconnects) throw new AppError('frozen');
    const id = live?.id ?? newConnectionId(personId);
    const extras = { ...grant.extras, ...keptChoices(offered, live?.extras ?? {}) };
    const unsettled = grant.label === null || offered.some((list) => !chosenOf(list, extras));
    const values = {
      label: grant.label,
      status: 'connected' as const,
      statusReason: null,
      scopesRequested: grant.scopesRequested,
      scopesGranted: grant.scopesGranted,
      accountParams: grant.accountParams,
      extras,
      missing,
      offered: offered.length > 0 ? offered : null,
      lookups: 0,
      nextLookupAt: missing.length > 0 ? nextLookup(0) : null,
      authorization: grant.authorization,
      lastRefreshError: null,
      refreshFailures: 0,
      nextRefreshAttemptAt: null,
      connectedAt: sql`now()`,
    };
    const stored = await withTransaction(db, async (tx) => {
      // Ending the session, disabling or deleting the person waits for this, or this sees that it happened.
      await assertStillActs(tx, ctx);
      await owner.within?.(tx, id);
      await assertNotRefused(tx, personId, grant.answer);
      const old = live && (await readReplaced(tx, personId, id));
      // A raised generation: a refresh still on its way with the old grant cannot overwrite this one.
      const generation = (old?.generation ?? 0) + 1;
      // A consent that is repeated may bring no new refresh token (Google): the old one lives, unless it was dead.
      const lives = grant.tokens.refresh_token === null && live?.status === 'connected';
      // Where other parts lead to another server, the old server's token is not for that one.
      const sameServer =
        old && haveSameParts(ctx.providers.get(grant.provider), old.accountParams, grant.accountParams);
      const kept = old && lives && sameServer ? openOld(ctx, old)?.refreshToken : null;
      const next = { ...grant, id, generation };
      const sealed = {
        ...(await sealTokens(ctx, next, grant.tokens, grant.lifeSeconds, { kept, askedAt: grant.askedAt })),
        ...((grant.tokens.refresh_token ?? kept) ? {} : { refreshToken: null, refreshTokenExpiresAt: null }),
        generation,
      };
      const rows = live
        ? await tx
            .update(connections)
            .set({ ...values, ...sealed, leaseOwner: null, leaseExpiresAt: null })
            .where(and(liveRow(personId, grant), eq(connections.id, id)))
            .returning({ id: connections.id })
        : await tx
            .insert(connections)
            .values({
              personId,
              id,
              provider: grant.provider,
              issuer: grant.issuer,
              subject: grant.subject,
              ...values,
              ...sealed,
            })
            .onConflictDoNothing()
            .returning({ id: connections.id });
      if (rows.length === 0) throw changedMeanwhile;
      const outcome: StoredGrant['outcome'] = live ? 'reconnected' : 'created';
      const replaced =
        old && (await planReplaced(tx, ctx, { personId, id }, old, { ...grant, sameServer: sameServer === true }));
      await record(tx, ctx, {
        action: outcome === 'created' ? 'connection.created' : 'connection.reconnected',
        personId,
        connectionId: id,
        provider: grant.provider,
        details: { scopes: grant.scopesGranted, pkce: grant.authorization.pkce, ...owner.details },
      });
      return { connectionId: id, outcome, unsettled, replaced };
    }).catch((error: unknown) => {
      if (error !== changedMeanwhile) throw error;
    });
    if (!stored) continue;
    const { replaced, ...kept } = stored;
    // Only now that the new grant is kept; never inside the transaction that keeps it.
    if (replaced) inBackground(ctx, 'revoke the replaced grant', workOneRevocation(ctx, replaced));
    return kept;
  }
  throw new AppError('conflict');
}
