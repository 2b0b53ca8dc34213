import { sql } from 'drizzle-orm';
import { redirectUri } from '#lib/authorization/redirect-uri';
import { listLastResults } from '#lib/checks/results';
import { rowsOf } from '#lib/db/database';
import type { Finding } from '#lib/db/schema/reviews';
import type { ReviewTask } from '#lib/reviews/task';

/** The checks run each day. A result that is older says nothing of today: they do not run, or were kept from it. */
const staleMs = 2 * 86_400_000;

const asResult = { passes: 'fine', fails: 'attention', unknown: 'unknown', not_promised: 'unknown' } as const;

export const redirectUris: ReviewTask = {
  id: 'redirect_uris',
  period: 'monthly',
  title: 'Redirect URIs are still ours',
  about:
    'Compare each provider’s console with this list. Another redirect URI there belongs to another application, or to an attacker.',
  async find(ctx, { to }) {
    const checked = (await listLastResults(ctx)).filter(({ line }) => line === 'redirect_uri');
    const found: Finding[] = checked.map(({ check, provider, result, found: seen, mend, at }) => {
      const stale = to.getTime() - at.getTime() > staleMs;
      const propose = stale ? 'Run the checks, then compute the findings again.' : mend;
      return {
        result: stale && result === 'passes' ? 'unknown' : asResult[result],
        subject: provider?.id ?? 'this hub',
        found: stale ? `Last checked on ${at.toISOString().slice(0, 10)}. ${seen}` : seen,
        ...(propose ? { propose } : {}),
        href: `/admin/checks#${check}`,
      };
    });
    for (const provider of ctx.providers.list()) {
      const [last] = rowsOf<{ at: Date | string | null }>(
        await ctx.database.db.execute(
          sql`select max(connected_at) as at from connections where provider = ${provider.id}`,
        ),
      );
      const seen = last?.at
        ? `A person last connected by it on ${new Date(last.at).toISOString().slice(0, 10)}`
        : 'No person has connected by it yet';
      found.push({
        result: 'unknown',
        subject: provider.id,
        found: `The hub sends ${redirectUri(ctx, provider)}. ${seen}. The hub cannot see what else is registered.`,
        propose: 'Remove every other redirect URI from the provider’s console.',
      });
    }
    return found;
  },
};
