import { and, eq, exists, gt, isNotNull, isNull, or, sql } from 'drizzle-orm';
import type { Actor, Context } from '#lib/context';
import { lockFor } from '#lib/db/advisory-locks';
import { type Db, withTransaction } from '#lib/db/database';
import { apiKeys } from '#lib/db/schema/api-keys';
import { applications } from '#lib/db/schema/applications';
import { connectSessions } from '#lib/db/schema/connect-sessions';
import { people, roles } from '#lib/db/schema/people';
import { sessions } from '#lib/db/schema/sessions';
import { AppError } from '#lib/errors';
import { isLiveKey } from '#lib/guards/live-key';
import { isOfLiveApplication } from '#lib/guards/of-live-application';
import type { PersonActor } from '#lib/guards/require';
import type { ApiKeyActor } from '#lib/guards/require-api-key';
import { effectiveRole } from '#lib/sign-in/effective-role';
import { isLive } from '#lib/sign-in/sessions';

/** The person's row before the session's, as in every transaction that locks both: two orders would deadlock. */
async function assertPersonActs(tx: Db, ctx: Context, { personId, sessionId, role }: PersonActor): Promise<void> {
  const [person] = await tx
    .select({ role: effectiveRole, disabledAt: people.disabledAt, deletedAt: people.deletedAt })
    .from(people)
    .where(eq(people.id, personId))
    .for('share');
  if (person?.disabledAt) throw new AppError('person_disabled');
  if (!person || person.deletedAt) throw new AppError('unauthenticated');
  const [session] = await tx
    .select({ id: sessions.publicId })
    .from(sessions)
    .innerJoin(people, eq(people.id, sessions.personId))
    .where(and(eq(sessions.publicId, sessionId), eq(sessions.personId, personId), isLive(ctx.config)))
    .for('share', { of: sessions });
  if (!session) throw new AppError('unauthenticated');
  // What an administrator or an auditor began, as a long file, does not go on for a person who may less by now.
  if (roles.indexOf(person.role) < roles.indexOf(role)) throw new AppError('forbidden');
}

const liveApplication = (tx: Db, id: string) =>
  tx
    .select({ id: applications.id })
    .from(applications)
    .where(and(eq(applications.id, id), isNull(applications.disabledAt)))
    .for('share');

async function assertKeyActs(tx: Db, { keyId, applicationId }: ApiKeyActor): Promise<void> {
  // The application before the key: the same order as disabling it. After a wait its row is looked at anew, and the
  // statement's older view of it in `isOfLiveApplication` counts no more.
  const its = tx.$with('its').as(liveApplication(tx, applicationId ?? ''));
  const [key] = await tx
    .with(its)
    .select({ id: apiKeys.id })
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.id, keyId),
        isNull(apiKeys.revokedAt),
        or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, sql`clock_timestamp()`)),
        isOfLiveApplication,
        applicationId === null ? undefined : exists(tx.select().from(its)),
      ),
    )
    .for('share');
  if (!key) throw new AppError('invalid_api_key');
}

/** The same order as a grant that arrives (`hold-grant.ts`): application, person, session; then the key that made the page. */
async function assertGuestActs(
  tx: Db,
  { applicationId, personId, connectSession }: Extract<Actor, { type: 'application_person' }>,
): Promise<void> {
  if ((await liveApplication(tx, applicationId)).length === 0) throw new AppError('connect_session_over');
  const [person] = await tx
    .select({ disabledAt: people.disabledAt })
    .from(people)
    .where(and(eq(people.id, personId), eq(people.applicationId, applicationId), isNull(people.deletedAt)))
    .for('share');
  if (!person || person.disabledAt) throw new AppError('connect_session_over');
  const [session] = await tx
    .select({ id: connectSessions.id })
    .from(connectSessions)
    .innerJoin(apiKeys, eq(apiKeys.id, connectSessions.apiKeyId))
    .where(
      and(
        isLiveKey,
        ...[eq(connectSessions.id, connectSession), eq(connectSessions.personId, personId)],
        ...[eq(connectSessions.manage, true), eq(connectSessions.status, 'open')],
        ...[isNotNull(connectSessions.openedAt), gt(connectSessions.expiresAt, sql`now()`)],
      ),
    )
    .for('share', { of: [connectSessions, apiKeys] });
  if (!session) throw new AppError('connect_session_over');
}

/**
 * Asserts, in the caller's transaction, that who asks may still act: the session, the key or the page of an application has not ended
 * since the request began, and an administrator or auditor still is one. The rows are locked for share, so that ending them waits for the
 * transaction, or the transaction sees that it happened.
 * @throws AppError `unauthenticated`, `person_disabled`, `forbidden`, `invalid_api_key`, `connect_session_over`
 */
export async function assertStillActs(tx: Db, ctx: Context): Promise<void> {
  const { actor } = ctx;
  if (actor.type === 'person') await assertPersonActs(tx, ctx, actor);
  if (actor.type === 'api_key') await assertKeyActs(tx, actor);
  if (actor.type === 'application_person') await assertGuestActs(tx, actor);
}

/**
 * Runs the body in one transaction on behalf of the requester, who must still be allowed to act in it.
 * @throws AppError `unauthenticated`, `person_disabled`, `forbidden`, `invalid_api_key`, `connect_session_over`
 */
export function transactAs<T>(ctx: Context, body: (tx: Db) => Promise<T>): Promise<T> {
  return withTransaction(ctx.database.db, async (tx) => {
    await assertStillActs(tx, ctx);
    return body(tx);
  });
}

/**
 * `transactAs` for what takes rights from other people: one such transaction at a time. Two administrators who shut each
 * other out are so one after the other, and the second finds that it is shut out itself.
 * @throws AppError as `transactAs`
 */
export function transactOnPeople<T>(ctx: Context, body: (tx: Db) => Promise<T>): Promise<T> {
  return withTransaction(ctx.database.db, async (tx) => {
    await lockFor(tx, 'people');
    await assertStillActs(tx, ctx);
    return body(tx);
  });
}
