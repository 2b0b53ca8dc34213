import { sql } from 'drizzle-orm';
import type { Context } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import type { Finding } from '#lib/db/schema/reviews';
import { isHubScope, unheldScopes } from '#lib/oauth/scopes';
import type { ProviderRecord } from '#lib/providers/record';
import { readStatedUses, type StatedUses, statedWithinDays } from '#lib/reviews/stated-uses';
import type { ReviewTask } from '#lib/reviews/task';

/** Connections of a provider that are looked at, the newest: scopes are the record's, and rarely a connection's own. */
const mostConnections = 5_000;

interface Held extends Record<string, unknown> {
  scope: string;
  requested: number;
  granted: number;
  silent: number;
}

/** Each scope with the number of connections that asked for it, and that were granted it. */
async function scopesHeld(ctx: Context, provider: string): Promise<Held[]> {
  return rowsOf<Held>(
    await ctx.database.db.execute(sql`
      with newest as materialized (select scopes_requested, scopes_granted from connections
        where provider = ${provider} and status <> 'revoked' order by created_at desc, id desc limit ${mostConnections})
      select scope, count(*) filter (where requested)::int as requested, count(*) filter (where granted)::int as granted,
        (select count(*) from newest where scopes_granted is null)::int as silent
      from (select unnest(scopes_requested) as scope, true as requested, false as granted from newest
        union all select unnest(scopes_granted), false, true from newest) held
      group by scope order by scope limit 200`),
  );
}

/** The hub uses it by itself: to name the account, or to refresh without a person. No service states it. */
const isOwn = (provider: ProviderRecord, scope: string): boolean =>
  isHubScope(scope) || provider.sign_in_scopes.includes(scope);

/** Why the use of a provider's scopes cannot be known; undefined where each call stated them. */
function whyUnknown({ anyRead, silentCalls, readBefore }: StatedUses): string | undefined {
  if (!anyRead) return `No service read a token of this provider within ${statedWithinDays} days.`;
  if (silentCalls > 0) return `Its use cannot be known: ${silentCalls} calls did not state which scopes they use.`;
  if (readBefore)
    return `Its use cannot be known yet: the hub has counted what services state for less than ${statedWithinDays} days.`;
  return undefined;
}

const usedFigure = (uses: StatedUses, scope: string): string => {
  const { calls, services } = uses.of(scope);
  if (calls > 0)
    return `${calls} ${calls === 1 ? 'call' : 'calls'} of ${services} API ${services === 1 ? 'key' : 'keys'}`;
  return whyUnknown(uses) ? 'cannot be known' : 'no call';
};

function judge(provider: ProviderRecord, uses: StatedUses, { scope }: Held): Omit<Finding, 'subject'> {
  const act = { kind: 'revoke_many' as const, criteria: { provider: provider.id, scope } };
  if (unheldScopes(provider, [scope], provider.scopes).length > 0 && !isOwn(provider, scope))
    return {
      result: 'attention',
      found: 'The provider’s record asks for it no more.',
      propose: 'Revoke these connections, or let their people reconnect with fewer scopes.',
      act,
    };
  if (uses.of(scope).calls > 0) return { result: 'fine', found: 'Services state that they use it.' };
  if (isOwn(provider, scope))
    return { result: 'fine', found: 'The hub uses it: to name the account, or to refresh without its person.' };
  const unknown = whyUnknown(uses);
  if (unknown)
    return { result: 'unknown', found: unknown, propose: 'Ask the operators of the services which scopes they use.' };
  return {
    result: 'attention',
    found: `No service uses it: each call of ${statedWithinDays} days stated its scopes, and none stated this one.`,
    propose: 'Take it out of the provider’s record. Connections keep it until they are revoked or reconnected.',
    act,
  };
}

/** Which scopes the record could do without; nothing where that cannot be known. */
function proposal(provider: ProviderRecord, uses: StatedUses): Finding[] {
  if (whyUnknown(uses)) return [];
  const needed = (scope: string) => isOwn(provider, scope) || uses.of(scope).calls > 0;
  const drop = provider.scopes.filter((scope) => !needed(scope));
  if (drop.length === 0) return [];
  const keep = provider.scopes.filter(needed);
  return [
    {
      result: 'attention',
      subject: provider.id,
      found: `The record asks for ${drop.length} of ${provider.scopes.length} scopes that no service uses: ${drop.join(' ')}`,
      propose:
        keep.length > 0
          ? `Set scopes in the record to: ${keep.join(' ')}`
          : 'No service uses any scope of it. Ask the operators whether they need the provider.',
    },
  ];
}

async function findScopes(ctx: Context, provider: ProviderRecord, to: Date): Promise<Finding[]> {
  const held = await scopesHeld(ctx, provider.id);
  if (held.length === 0) return [{ result: 'fine', subject: provider.id, found: 'No connection holds a scope.' }];
  const uses = await readStatedUses(ctx, provider, to);
  const each = held.map((one): Finding => {
    const granted = one.silent > 0 ? `${one.granted}, and ${one.silent} unsaid` : `${one.granted}`;
    const figures = [
      { name: 'Requested', value: `${one.requested}` },
      { name: 'Granted', value: granted },
      { name: 'Used', value: usedFigure(uses, one.scope) },
    ];
    return { subject: `${provider.id} ${one.scope}`, ...judge(provider, uses, one), figures };
  });
  return [...proposal(provider, uses), ...each];
}

export const scopes: ReviewTask = {
  id: 'scopes',
  period: 'monthly',
  title: 'Scopes requested, granted and used',
  about:
    'Drop scopes that no service uses. Services state their use when they fetch a token; the hub does not see their calls at the provider.',
  async find(ctx, { to }) {
    const found: Finding[] = [];
    for (const provider of ctx.providers.list()) found.push(...(await findScopes(ctx, provider, to)));
    return found;
  },
};
