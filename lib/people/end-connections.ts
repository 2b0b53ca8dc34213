import { and, eq, ne, or, sql } from 'drizzle-orm';
import { endReceivedOf } from '#lib/connect-sessions/end';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import type { EndingKind } from '#lib/db/schema/person-endings';
import { revocations } from '#lib/db/schema/revocations';
import { sessions } from '#lib/db/schema/sessions';
import { record } from '#lib/ledger/record';
import type { RevocationKey } from '#lib/revocation/claim-revocations';
import { markRevoked } from '#lib/revocation/mark-revoked';

/** Connections of one transaction. The embedded database does one thing at a time: 25 keep everybody waiting for some 40 ms. */
export const endingBatch = { postgres: 100, pglite: 25 } as const;

/** A person who is disabled or deleted, and what was done so far. */
export interface Ending {
  personId: string;
  kind: EndingKind;
  reason: string;
  stepUp: string | null;
  revoked: number;
}

export interface EndingProgress {
  revoked: RevocationKey[];
  /** Nothing of it is left. */
  over: boolean;
}

const theirs = (personId: string) => eq(connections.personId, personId);

/** How many live connections a person has. */
export function countLive(tx: Db, personId: string): Promise<number> {
  return tx.$count(connections, and(theirs(personId), ne(connections.status, 'revoked')));
}

async function revokeSome(tx: Db, ctx: Context, { personId, kind }: Ending): Promise<RevocationKey[]> {
  const live = await tx
    .select({ personId: connections.personId, id: connections.id })
    .from(connections)
    .where(and(theirs(personId), ne(connections.status, 'revoked')))
    .orderBy(connections.id)
    .limit(endingBatch[ctx.database.engine]);
  return markRevoked(tx, ctx, live, { reason: `person ${kind}` });
}

/** Erases what tells of the person in revoked connections; answers how many it changed. */
async function eraseSome(tx: Db, personId: string, most: number): Promise<number> {
  const untouched = or(ne(connections.subject, 'erased'), sql`${connections.label} is not null`);
  const found = tx
    .select({ id: connections.id })
    .from(connections)
    .where(and(theirs(personId), eq(connections.status, 'revoked'), untouched))
    .limit(most);
  const erased = await tx
    .update(connections)
    .set({
      label: null,
      subject: 'erased',
      extras: {},
      // Parts of the provider's addresses: pending revocations need them, until they are over.
      accountParams: sql`case when exists (select 1 from ${revocations} as due where due.person_id = ${connections}.person_id
        and due.connection_id = ${connections}.id and due.replaced_generation = 0
        and (due.state in ('pending', 'failed') or due.proof in ('due', 'still_accepted'))) then ${connections.accountParams} else '{}'::jsonb end`,
      authorization: sql`${connections.authorization} || '{"userAgent": null}'::jsonb`,
    })
    .where(and(theirs(personId), sql`${connections.id} in ${found}`))
    .returning({ id: connections.id });
  return erased.length;
}

/** Erases the person, and says that they are deleted. */
async function erasePerson(tx: Db, ctx: Context, { personId, reason, stepUp, revoked }: Ending): Promise<void> {
  await tx
    .update(people)
    .set({
      name: null,
      email: null,
      subject: sql`'erased:' || ${people.id}`,
      issuer: 'erased',
      applicationUser: null,
      applicationTenant: null,
      adminByConfig: false,
      role: 'user',
      deletedAt: sql`now()`,
    })
    .where(eq(people.id, personId));
  await tx.delete(sessions).where(eq(sessions.personId, personId));
  await record(tx, ctx, {
    action: 'person.deleted',
    personId,
    details: { reason, revoked, ...(stepUp ? { step_up: stepUp } : {}) },
  });
}

/**
 * Ends the next batch of a person's connections, and of grants that wait for an application, in the caller's transaction, which holds the row of the person, already
 * disabled: nothing new can begin. The last batch of a deletion erases the person with it.
 */
export async function endSome(tx: Db, ctx: Context, ending: Ending): Promise<EndingProgress> {
  const { personId, kind } = ending;
  const most = endingBatch[ctx.database.engine];
  const revoked = await revokeSome(tx, ctx, ending);
  await endReceivedOf(tx, ctx, personId, most);
  // A full batch may have been the last one; the next finds out.
  if (revoked.length === most) return { revoked, over: (await countLive(tx, personId)) === 0 && kind === 'disabled' };
  if (kind === 'disabled') return { revoked, over: true };
  if ((await eraseSome(tx, personId, most)) === most) return { revoked, over: false };
  await erasePerson(tx, ctx, { ...ending, revoked: ending.revoked + revoked.length });
  return { revoked, over: true };
}
