import { and, eq, inArray, isNull } from 'drizzle-orm';
import { getAlert } from '#lib/alerts/get';
import type { Context } from '#lib/context';
import { databaseNow } from '#lib/db/clock';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { personMails } from '#lib/db/schema/person-mails';
import { AppError } from '#lib/errors';
import { requireAdministrator } from '#lib/guards/require';
import { type IncidentInput, incidentInput } from '#lib/incidents/prepare-revocation';
import { touchedConnections } from '#lib/incidents/touched-connections';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { transactAs } from '#lib/sign-in/transact-as';

/** Accounts of one incident that people are told of; a larger one is told by the organisation's own ways. */
const mostTold = 1_000;

/**
 * Tells the people of an incident by mail that somebody may have used their accounts: a mail each, with all of their
 * accounts in it. Each account of an incident is told once, however often it is asked for.
 * @returns how many people and accounts are told now
 * @throws AppError `unauthenticated`, `forbidden`, `not_found` where no account belongs to the incident, `conflict` where
 *   the hub sends no mail, the accounts are too many, or all were told before
 */
export async function tellIncidentPeople(
  ctx: Context,
  input: IncidentInput,
): Promise<{ people: number; accounts: number }> {
  requireAdministrator(ctx);
  const { id } = parseInput(incidentInput, input);
  const alert = await getAlert(ctx, { id });
  const touched = await touchedConnections(ctx, alert, mostTold + 1);
  if (touched.length === 0) throw new AppError('not_found', { message: 'No connection belongs to this incident.' });
  if (touched.length > mostTold)
    throw new AppError('conflict', {
      message: `More than ${mostTold} accounts are touched. Tell their people yourself.`,
    });
  if (!ctx.config.mail) throw new AppError('conflict', { message: 'This hub sends no mail: SMTP_URL is not set.' });
  return transactAs(ctx, async (tx) => {
    const at = await databaseNow(tx);
    const found = await tx
      .select({ id: connections.id, personId: connections.personId, provider: connections.provider })
      .from(connections)
      // An application tells its own people: the hub has no address of theirs.
      .innerJoin(people, and(eq(people.id, connections.personId), isNull(people.applicationId)))
      .where(
        and(
          inArray(connections.personId, [...new Set(touched.map(({ person }) => person))]),
          inArray(
            connections.id,
            touched.map((one) => one.id),
          ),
        ),
      );
    const rows = found.map(({ id: connectionId, personId, provider }) => ({
      ...{ id: `pml_${id}_${connectionId}`, personId, connectionId, provider },
      ...{ event: 'incident' as const, reason: alert.rule, occurredAt: at, dueAt: at },
    }));
    if (rows.length === 0)
      throw new AppError('conflict', { message: 'The people of this incident are of applications. Tell those.' });
    const told = await tx
      .insert(personMails)
      .values(rows)
      .onConflictDoNothing()
      .returning({ person: personMails.personId });
    if (told.length === 0) throw new AppError('conflict', { message: 'The people of this incident were told before.' });
    const counts = { people: new Set(told.map(({ person }) => person)).size, accounts: told.length };
    await record(tx, ctx, { action: 'alert.people_told', details: { alert: id, rule: alert.rule, ...counts } });
    return counts;
  });
}
