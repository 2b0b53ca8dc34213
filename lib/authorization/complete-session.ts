import { timingSafeEqual } from 'node:crypto';
import { and, eq, gt, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Grant, type StoredGrant, storeGrant } from '#lib/authorization/store-grant';
import { endConnectSession } from '#lib/connect-sessions/end';
import { ownConnectSession } from '#lib/connect-sessions/get';
import { refusedNow } from '#lib/connect-sessions/may-ask';
import { assertPersonLives } from '#lib/connect-sessions/person-lives';
import { assertNotFrozen } from '#lib/connections/frozen';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { applications } from '#lib/db/schema/applications';
import { connectSessions } from '#lib/db/schema/connect-sessions';
import { AppError, toAppError } from '#lib/errors';
import { hashSecret } from '#lib/ids';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { openHeld } from '#lib/revocation/held-grant';

export const completeSessionInput = z.object({
  id: z.string().max(64),
  /** The code that the browser brought back; a device has none. */
  code: z.string().max(200).nullish(),
  /** The verifier that the same browser session has kept (RFC 7636 §4.1). */
  codeVerifier: z.string().regex(/^[A-Za-z0-9\-._~]{43,128}$/, 'must be 43 to 128 characters (RFC 7636 §4.1)'),
});
export type CompleteSessionInput = z.input<typeof completeSessionInput>;

/** Both are hashes of the same length. */
const isSame = (one: string | null, other: string): boolean =>
  one !== null && one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));

/** What an administrator took from the application since. */
class Narrowed extends Error {
  readonly code: NonNullable<ReturnType<typeof refusedNow>>;
  constructor(code: Narrowed['code']) {
    super(code);
    this.code = code;
  }
}

/** The application's row is locked for share already (`transact-as.ts`). */
async function assertStillAllowed(tx: Db, applicationId: string, grant: Grant): Promise<void> {
  const [allowed] = await tx
    .select({ providers: applications.providers, scopes: applications.scopes })
    .from(applications)
    .where(eq(applications.id, applicationId));
  const refused = allowed ? refusedNow(allowed, grant) : 'unknown_provider';
  if (refused) throw new Narrowed(refused);
}

interface Waiting {
  id: string;
  personId: string;
  provider: string;
  heldGrant: string;
}

/**
 * The grant, as it was sealed. It is of the person who granted alone: as a connection's tokens do not open in the row of another
 * person. A value that was changed or moved is in the ledger, and raises an alert.
 */
async function takeOut(ctx: Context, { id, personId, provider, heldGrant }: Waiting): Promise<Grant> {
  try {
    const { grant, ending } = openHeld<Grant>(ctx, id, heldGrant);
    if (ending.some((one) => one.personId !== personId)) throw new AppError('vault_wrong_place');
    return grant;
  } catch (error) {
    const { code } = toAppError(error);
    const details = { connect_session: id };
    await record(ctx.database.db, ctx, {
      action: 'request.refused',
      outcome: 'failed',
      code,
      personId,
      provider,
      details,
    });
    throw error;
  }
}

/** Takes the grant out of the session, once, in the transaction that stores it. */
async function claimSession(tx: Db, id: string, connectionId: string): Promise<void> {
  const rows = await tx
    .update(connectSessions)
    .set({ status: 'completed', heldGrant: null, madeConnectionId: connectionId, endedAt: sql`now()` })
    .where(
      and(
        eq(connectSessions.id, id),
        eq(connectSessions.status, 'received'),
        gt(connectSessions.expiresAt, sql`now()`),
      ),
    )
    .returning({ id: connectSessions.id });
  if (rows.length === 0) throw new AppError('connect_session_over');
}

/**
 * Stores the grant that a connect session holds as a connection of its person, once. The application shows the code that
 * the browser brought back and the verifier of the browser session that began it: a person who was handed somebody else's
 * link comes back to a browser without that verifier. A device, which the browser does not come back to, shows the verifier
 * alone. A wrong code or verifier ends the session, and its grant is revoked; so does a provider or a scope that an
 * administrator took from the application meanwhile.
 * @throws AppError `insufficient_scope`, `not_found`, `connect_session_over`, `connect_session_mismatch`, `frozen`,
 *   `person_disabled`, `conflict` before the grant came back, `vault_wrong_place` where the row names another person than the one that granted
 */
export async function completeConnectSession(ctx: Context, input: CompleteSessionInput): Promise<StoredGrant> {
  const { id, code, codeVerifier } = parseInput(completeSessionInput, input);
  const session = await ownConnectSession(ctx, { id });
  const { personId, heldGrant, provider, connectionId } = session;
  // A device may ask too early, as RFC 8628 §3.5 lets it ask: the session stays open.
  if (session.status === 'open')
    throw new AppError('conflict', { message: 'Nothing came back yet. Complete the session once it is `received`.' });
  if (session.status !== 'received' || heldGrant === null || provider === null)
    throw new AppError('connect_session_over');
  // RFC 7636 §4.6: the hash of the verifier is the challenge.
  const fits = [
    session.userCodeHash !== null || isSame(session.codeHash, hashSecret(code ?? '')),
    isSame(session.codeChallenge, hashSecret(codeVerifier)),
  ];
  if (fits.includes(false)) {
    await endConnectSession(ctx, id, { status: 'failed', error: 'connect_session_mismatch' });
    throw new AppError('connect_session_mismatch');
  }
  await assertNotFrozen(ctx, { provider, personId, connectionId });
  const grant = await takeOut(ctx, { id, personId, provider, heldGrant });
  const { applicationId } = session;
  try {
    return await storeGrant(ctx, grant, {
      personId,
      details: { connect_session: id, application: applicationId },
      within: async (tx, made) => {
        await assertStillAllowed(tx, applicationId, grant);
        await assertPersonLives(tx, personId);
        await claimSession(tx, id, made);
      },
    });
  } catch (error) {
    if (!(error instanceof Narrowed)) throw error;
    await endConnectSession(ctx, id, { status: 'failed', error: error.code });
    throw new AppError('connect_session_over');
  }
}
