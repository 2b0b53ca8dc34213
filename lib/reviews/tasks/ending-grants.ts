import { sql } from 'drizzle-orm';
import { expiringGrants } from '#lib/connections/expiring';
import { countCapped } from '#lib/db/count-capped';
import type { ReviewTask } from '#lib/reviews/task';

const withinDays = 7;
const countUpTo = 1_000;

export const endingGrants: ReviewTask = {
  id: 'ending_grants',
  period: 'weekly',
  title: 'Grants near their end',
  about: 'Only their people can renew these. Tell people whose services would stop.',
  async find(ctx, { to }) {
    const found: Awaited<ReturnType<ReviewTask['find']>> = [];
    for (const provider of ctx.providers.list()) {
      const rows = sql`(select 1 from (${expiringGrants(provider, withinDays, to, countUpTo + 1)}) ending limit ${countUpTo + 1})`;
      const { count, capped } = await countCapped(ctx.database.db, rows, countUpTo);
      found.push(
        count === 0
          ? { result: 'fine', subject: provider.id, found: `No grant ends within ${withinDays} days.` }
          : {
              result: 'attention',
              subject: provider.id,
              found: `${count}${capped ? ' or more' : ''} grants end within ${withinDays} days.`,
              propose: 'Ask their people to reconnect before the end.',
              href: `/admin/connections?${new URLSearchParams({ concern: 'grant_expiring', provider: provider.id })}`,
            },
      );
    }
    return found;
  },
};
