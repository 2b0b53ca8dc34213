import { and, eq, isNull, sql } from 'drizzle-orm';
import { fitting } from '#lib/bulk-revocation/criteria';
import type { Context } from '#lib/context';
import { countCapped } from '#lib/db/count-capped';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import type { Finding } from '#lib/db/schema/reviews';
import { type InactivityState, listInactivePeople } from '#lib/reviews/inactive-people';
import { moment } from '#lib/reviews/rows';
import type { ReviewTask } from '#lib/reviews/task';

const countUpTo = 1_000;

/** How many people gave no sign of life, and how far their notices are. */
async function findPeople(ctx: Context, now: Date): Promise<Finding> {
  const { people, more, inactiveDays } = await listInactivePeople(ctx, { now });
  const count = (...states: InactivityState[]) => people.filter(({ state }) => states.includes(state)).length;
  const silent = count('untold', 'no_address', 'sending', 'told', 'due');
  if (silent === 0)
    return { result: 'fine', subject: 'people', found: `No person was silent for ${inactiveDays} days.` };
  const figures = [
    { name: 'Not told', value: `${count('untold')}` },
    { name: 'Told', value: `${count('sending', 'told')}` },
    { name: 'May be revoked', value: `${count('due')}` },
    { name: 'Without an address', value: `${count('no_address')}` },
  ];
  return {
    result: 'attention',
    subject: 'people',
    found: `${more ? `${silent} or more` : silent} people neither signed in nor connected, and no service read a token of theirs, for ${inactiveDays} days.`,
    propose: 'Tell them by mail. Revoke the connections of those who stay silent until their date.',
    figures,
  };
}

export const inactiveGrants: ReviewTask = {
  id: 'inactive_grants',
  period: 'monthly',
  title: 'Grants of inactive people',
  about:
    'Tell people who gave no sign of life, wait, and revoke what they left. Then look at grants that no service reads.',
  async find(ctx, { to }) {
    const { inactiveDays } = ctx.config;
    const found = [await findPeople(ctx, to)];
    const since = sql`${moment(to)} - make_interval(days => ${inactiveDays}::int)`;
    for (const { id } of ctx.providers.list()) {
      const unread = fitting({ provider: id, unusedForDays: inactiveDays });
      const rows = sql`(select 1 from ${connections} where ${unread} limit ${countUpTo + 1})`;
      const { count, capped } = await countCapped(ctx.database.db, rows, countUpTo);
      if (count === 0) {
        found.push({ result: 'fine', subject: id, found: `A service read each grant within ${inactiveDays} days.` });
        continue;
      }
      const absent = sql`(select 1 from ${connections} join ${people} on ${and(
        eq(people.id, connections.personId),
        isNull(people.applicationId),
        sql`coalesce(${people.lastSignedInAt}, ${people.createdAt}) < ${since}`,
      )} where ${unread} limit ${countUpTo + 1})`;
      const gone = await countCapped(ctx.database.db, absent, countUpTo);
      found.push({
        result: 'attention',
        subject: id,
        found: `${count}${capped ? ' or more' : ''} grants were not read for ${inactiveDays} days. The people of ${gone.count}${gone.capped ? ' or more' : ''} did not sign in either.`,
        propose: 'Look at them in the preview of a bulk revocation, and revoke what no person needs.',
        href: `/admin/connections?${new URLSearchParams({ provider: id, sort: 'oldest' })}`,
        act: { kind: 'revoke_many', criteria: { provider: id, unusedForDays: inactiveDays } },
      });
    }
    return found;
  },
};
