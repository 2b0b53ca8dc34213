import { sql } from 'drizzle-orm';
import type { Observation, ProviderCheck } from '#lib/checks/check';
import type { ProviderSubject } from '#lib/checks/provider-subject';
import { rowsOf } from '#lib/db/database';

const sample = 500;
/** The playbook's: 15 to 60 minutes. */
const longestMinutes = 60;
/** A token may be issued a moment before it is stored, and lives that much longer by its row. */
const leewayMinutes = 1;

interface Lives extends Record<string, unknown> {
  tokens: number;
  endless: number;
  minutes: number | null;
}

/** The lives of a provider's newest tokens, as it gave them. */
async function look({ ctx, provider }: ProviderSubject): Promise<Observation> {
  const [lives] = rowsOf<Lives>(
    await ctx.database.db.execute(sql`
      select count(*)::int as tokens, (count(*) filter (where ends is null))::int as endless,
        (max(extract(epoch from ends - begins)) / 60)::float8 as minutes
      from (select access_token_expires_at as ends, access_token_issued_at as begins from connections
        where provider = ${provider.id} and status = 'connected' order by created_at desc, id desc limit ${sample}) newest`),
  );
  const { tokens = 0, endless = 0, minutes = null } = lives ?? {};
  const lookedAt = `${tokens} access tokens of ${provider.id}`;
  if (tokens === 0) return { result: 'unknown', lookedAt, found: 'No account is connected yet.' };
  const mend =
    'Shorten the life of access tokens in the console of the provider, where it offers that. Else revoke connections that no service needs.';
  if (endless > 0) return { result: 'fails', lookedAt, found: `${endless} of them have no end.`, mend };
  const longest = Math.round(minutes ?? 0);
  const found = `The longest lives for ${longest} minutes.`;
  return longest > longestMinutes + leewayMinutes
    ? { result: 'fails', lookedAt, found, mend }
    : { result: 'passes', lookedAt, found };
}

export const tokenLife: ProviderCheck = {
  id: 'token_life',
  name: 'Life of access tokens',
  line: 'token_life',
  scope: 'provider',
  // The rule `long_lived_tokens` raises it.
  alert: null,
  look,
};
