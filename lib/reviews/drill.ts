import { and, asc, eq, ne } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { reviews } from '#lib/db/schema/reviews';
import { type ProofState, type RevocationState, revocations } from '#lib/db/schema/revocations';
import { AppError, isAppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { personOfConnection } from '#lib/ids';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { computeFindings } from '#lib/reviews/compute-findings';
import { grantForDrill } from '#lib/reviews/grant-for-drill';
import { isOpen } from '#lib/reviews/open-reviews';
import { getBlastRadius } from '#lib/revocation/blast-radius';
import { markRevoked } from '#lib/revocation/mark-revoked';
import { workOneRevocation } from '#lib/revocation/work-one-revocation';
import { transactAs } from '#lib/sign-in/transact-as';

export const drillTask = 'revocation_drill';

export const runDrillInput = z.object({
  provider: z.string().min(1).max(64),
  /** A connection to a test account, which ends for good. Absent: the drill makes a grant where the record says how. */
  connection: z.string().min(1).max(64).optional(),
});
export type RunDrillInput = z.input<typeof runDrillInput>;

/** The steps of a drill. Milliseconds since its beginning; null: not yet. */
export interface DrillView {
  provider: string;
  connection: string;
  /** From the sign-in of the drill's person until the grant was stored; null where a person had made the connection. */
  grantedMs: number | null;
  /** The hub hands out no token of the connection any more. */
  endedHereMs: number;
  toldMs: number | null;
  provedMs: number | null;
  state: RevocationState;
  proof: ProofState;
}

/** Connections of the asking person that a drill may end, by provider: other people's are no test accounts. */
export async function listDrillConnections(ctx: Context): Promise<Map<string, { id: string; label: string }[]>> {
  requireAdministrator(ctx);
  if (ctx.actor.type !== 'person') return new Map();
  const { personId } = ctx.actor;
  const rows = await ctx.database.db
    .select({
      id: connections.id,
      provider: connections.provider,
      label: connections.label,
      subject: connections.subject,
    })
    .from(connections)
    .where(and(eq(connections.personId, personId), ne(connections.status, 'revoked')))
    .orderBy(asc(connections.provider), asc(connections.id))
    .limit(200);
  return Map.groupBy(
    rows.map(({ label, subject, ...row }) => ({ ...row, label: label ?? subject })),
    ({ provider }) => provider,
  );
}

interface TestConnection {
  personId: string;
  id: string;
}

/** The connection that an administrator chose, one of their own. @throws AppError `not_found` for one of another person */
function chosen(ctx: Context, id: string): TestConnection {
  const personId = personOfConnection(id);
  const own = ctx.actor.type === 'system' || (ctx.actor.type === 'person' && ctx.actor.personId === personId);
  if (!personId || !own) throw new AppError('not_found');
  return { personId, id };
}

/** Asserts that the drill ends this connection and no other. @throws AppError `not_found` at another provider, `conflict` */
async function assertDrillable(ctx: Context, provider: string, { personId, id }: TestConnection): Promise<void> {
  const [row] = await ctx.database.db
    .select({ provider: connections.provider, status: connections.status })
    .from(connections)
    .where(and(eq(connections.personId, personId), eq(connections.id, id)));
  if (row?.provider !== provider) throw new AppError('not_found');
  if (row.status !== 'connected')
    throw new AppError('conflict', { message: 'The drill needs a connection that works: reconnect it first.' });
  const { connections: others, more } = await getBlastRadius(ctx, { id });
  if (others.length > 0 || more > 0)
    throw new AppError('conflict', { message: 'Other connections would end with it. Choose another test account.' });
}

const reviewsOfDrills = and(eq(reviews.task, drillTask), isOpen);

/** Brings the open review up to what the drill found; a review that was closed meanwhile keeps its own. */
async function computeAgain(ctx: Context): Promise<void> {
  const open = await ctx.database.db.select({ id: reviews.id }).from(reviews).where(reviewsOfDrills);
  for (const { id } of open)
    try {
      await computeFindings(ctx, { id });
    } catch (error) {
      if (!isAppError(error)) throw error;
    }
}

/**
 * Makes a grant at the test account of the provider's record, or takes a connection that a person made; revokes it, measures
 * each step, tries the tokens at the provider, and records the result.
 * @throws AppError `unauthenticated`, `person_disabled`, `forbidden`, `invalid_request`, `not_found`, `unknown_provider`;
 *   `conflict` where the connection does not work, others would end with it, or no grant comes without a person
 */
export async function runDrill(ctx: Context, input: RunDrillInput): Promise<DrillView> {
  requireAdministrator(ctx);
  const { provider, connection } = parseInput(runDrillInput, input);
  const began = performance.now();
  const key = connection === undefined ? await newGrant(ctx, provider) : chosen(ctx, connection);
  const grantedMs = connection === undefined ? Math.round(performance.now() - began) : null;
  await assertDrillable(ctx, provider, key);
  const begun = performance.now();
  const [marked] = await transactAs(ctx, (tx) => markRevoked(tx, ctx, [key], { reason: 'revocation drill' }));
  if (!marked) throw new AppError('conflict', { message: 'The connection was revoked meanwhile.' });
  const endedHereMs = Math.round(performance.now() - begun);
  // The revocation is in the database: where this attempt dies, the job makes the next one.
  await workOneRevocation(ctx, marked);
  const done = await readDrill(ctx, key, { grantedMs, endedHereMs });
  await record(ctx.database.db, ctx, {
    action: 'revocation.drilled',
    outcome: done.proof === 'still_accepted' || done.state === 'failed' ? 'failed' : 'ok',
    code: done.proof === 'still_accepted' ? 'still_accepted' : null,
    personId: key.personId,
    connectionId: key.id,
    provider,
    details: {
      ...{ state: done.state, proof: done.proof, granted_ms: grantedMs },
      ...{ ended_here_ms: endedHereMs, told_ms: done.toldMs, proved_ms: done.provedMs },
    },
  });
  await computeAgain(ctx);
  return done;
}

async function newGrant(ctx: Context, id: string): Promise<TestConnection> {
  const provider = ctx.providers.get(id);
  if (!provider) throw new AppError('unknown_provider');
  return grantForDrill(ctx, provider);
}

async function readDrill(
  ctx: Context,
  { personId, id }: TestConnection,
  measured: Pick<DrillView, 'grantedMs' | 'endedHereMs'>,
): Promise<DrillView> {
  const [row] = await ctx.database.db
    .select()
    .from(revocations)
    .where(
      and(eq(revocations.personId, personId), eq(revocations.connectionId, id), eq(revocations.replacedGeneration, 0)),
    );
  if (!row) throw new AppError('not_found');
  const since = (at: Date | null) => (at ? Math.max(0, at.getTime() - row.createdAt.getTime()) : null);
  return {
    ...{ provider: row.provider, connection: id, ...measured, state: row.state, proof: row.proof },
    ...{ toldMs: since(row.finishedAt), provedMs: since(row.provedAt) },
  };
}
