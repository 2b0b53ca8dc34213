import { sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import type { Finding } from '#lib/db/schema/reviews';
import { networkOf } from '#lib/ledger/fold-refusals';
import { findNewPlaces } from '#lib/reviews/new-places';
import { ledgerLink, moment } from '#lib/reviews/rows';
import type { ReviewTask, Span } from '#lib/reviews/task';

/** So many refusals of one kind at a provider, or from one network, deserve a look. */
const manyFailures = 10;
/** Entries of a kind that are read at most, the newest first; refusals without a sign-in are folded by the minute. */
const mostEntries = 20_000;

const failureActions = ['flow.refused', 'request.refused', 'sign_in.refused'] as const;

interface Refused extends Record<string, unknown> {
  provider: string | null;
  code: string | null;
  ip: string | null;
  count: number;
}

async function findFailures(ctx: Context, action: (typeof failureActions)[number], span: Span): Promise<Finding[]> {
  const rows = rowsOf<Refused>(
    await ctx.database.db.execute(sql`
      select provider, code, ip, sum(count)::int as count from (select provider, code, ip, count from ledger
        where action = ${action} and at >= ${moment(span.from)} and at < ${moment(span.to)}
        order by at desc limit ${mostEntries}) seen group by 1, 2, 3`),
  );
  const sums = new Map<string, { subject: string; what: string; filter: Record<string, string>; count: number }>();
  const add = (subject: string, what: string, filter: Record<string, string>, count: number) => {
    const known = sums.get(`${subject} ${what}`) ?? { subject, what, filter, count: 0 };
    sums.set(`${subject} ${what}`, { ...known, count: known.count + count });
  };
  for (const { provider, code, ip, count } of rows) {
    add(provider ?? 'this hub', `with the code ${code ?? 'none'}`, provider ? { provider } : {}, count);
    const network = ip?.includes('/') ? ip : networkOf(ip);
    if (network !== 'unknown') add(network, 'from this network', { ip: ip ?? '' }, count);
  }
  return [...sums.values()]
    .filter(({ count }) => count >= manyFailures)
    .toSorted((a, b) => b.count - a.count)
    .map(({ subject, what, filter, count }) => ({
      result: 'attention' as const,
      subject,
      found: `${count} refusals (${action}) ${what}.`,
      href: ledgerLink({ action, ...filter }, span),
    }));
}

/** API keys that read tokens from a network for the first time, although they had read from others before. */
async function findNewNetworks(ctx: Context, { from, to }: Span): Promise<Finding[]> {
  const rows = rowsOf<{ key: string; network: string; reads: number }>(
    await ctx.database.db.execute(sql`
      select n.api_key_id as key, n.network, n.reads::float8 as reads from key_networks n
      where n.first_seen_at >= ${moment(from)} and n.first_seen_at < ${moment(to)}
        and exists (select 1 from key_networks o where o.api_key_id = n.api_key_id and o.first_seen_at < ${moment(from)})
      order by n.first_seen_at desc limit 50`),
  );
  return rows.map(({ key, network, reads }) => ({
    result: 'attention',
    subject: key,
    found: `The API key read ${reads} tokens from ${network}, a network that was never seen for it.`,
    propose: 'Ask the operators of the service. If they know nothing of it, freeze the key.',
    href: ledgerLink({ key, action: 'token.vended' }, { from, to }),
    act: { kind: 'freeze', scope: 'api_key', target: key },
  }));
}

export const authorizations: ReviewTask = {
  id: 'authorizations',
  period: 'weekly',
  title: 'Unusual authorizations',
  about:
    'Look at refusals that came often, and at places that are new for a person or a key. Ask the people concerned.',
  async find(ctx, span) {
    const found: Finding[] = [];
    for (const action of failureActions) found.push(...(await findFailures(ctx, action, span)));
    found.push(...(await findNewPlaces(ctx, span)), ...(await findNewNetworks(ctx, span)));
    if (found.length > 0) return found;
    return [
      {
        result: 'fine',
        subject: 'this hub',
        found: `No kind of refusal came ${manyFailures} times, and no place is new.`,
      },
    ];
  },
};
