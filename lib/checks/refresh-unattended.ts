import { sql } from 'drizzle-orm';
import type { Observation, ProviderCheck } from '#lib/checks/check';
import type { ProviderSubject } from '#lib/checks/provider-subject';
import { dateOf, rowsOf } from '#lib/db/database';

/** The check looks at so many connections: the ones with the newest refresh or consent. */
const sample = 500;
/** Further failures are not counted. */
const countUpTo = 1_000;

interface Refreshes extends Record<string, unknown> {
  refreshable: number;
  last: Date | string | null;
  failing: number;
  live: boolean;
  lately: boolean;
}

/** When a provider last renewed a token without a person, and how many it does not renew. */
async function look({ ctx, provider }: ProviderSubject): Promise<Observation> {
  const [row] = rowsOf<Refreshes>(
    await ctx.database.db.execute(sql`
      select newest.refreshable, newest.last, coalesce(newest.last > clock_timestamp() - interval '1 day', false) as lately,
        (select count(*)::int from (select 1 from connections where provider = ${provider.id} and status = 'connected'
          and refresh_failures > 0 limit ${countUpTo}) failing) as failing,
        exists (select 1 from connections where provider = ${provider.id} and status = 'connected') as live
      from (select count(*)::int as refreshable, max(last_refreshed_at) as last
        from (select last_refreshed_at from connections where provider = ${provider.id} and status = 'connected'
          and refresh_token is not null order by greatest(last_refreshed_at, connected_at) desc limit ${sample}) those) newest`),
  );
  const lookedAt = `${row?.refreshable ?? 0} connections of ${provider.id} with a refresh token`;
  if (!row?.live) return { result: 'unknown', lookedAt, found: 'No account is connected yet.' };
  if (row.refreshable === 0 && !provider.token_renewal) {
    const found = 'The provider gives no refresh tokens. Its tokens live on, or their people connect again.';
    return { result: 'not_promised', lookedAt, found };
  }
  const last = dateOf(row.last);
  const success = last ? `The last refresh succeeded on ${last.toISOString().slice(0, 16).replace('T', ' ')} UTC.` : '';
  if (row.failing > 0 && !row.lately) {
    const found = `${row.failing} connections fail to refresh, and none succeeded for a day. ${success}`.trim();
    return { result: 'fails', lookedAt, found, mend: 'Check this provider, and look at the pages of its connections.' };
  }
  if (!last) return { result: 'unknown', lookedAt, found: 'No token was due for a refresh yet.' };
  const failing = row.failing > 0 ? ` ${row.failing} connections fail to refresh just now.` : '';
  return { result: 'passes', lookedAt, found: success + failing };
}

export const refreshUnattended: ProviderCheck = {
  id: 'refresh_unattended',
  name: 'Refreshes without a person',
  line: 'refresh',
  scope: 'provider',
  alert: 'warning',
  look,
};
