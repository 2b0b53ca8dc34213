import { eq } from 'drizzle-orm';
import { listLastResults } from '#lib/checks/results';
import type { Context } from '#lib/context';
import { providerChecks } from '#lib/db/schema/provider-checks';
import type { Finding } from '#lib/db/schema/reviews';
import { metadataChanges, type ProviderChange } from '#lib/reviews/provider-changes';
import type { Span } from '#lib/reviews/task';

const results = { passes: 'fine', fails: 'attention', unknown: 'unknown', not_promised: 'unknown' } as const;

/** The results of the security checks of a provider as findings; one from before the change says nothing of it. */
export async function checkedSince(ctx: Context, { provider, at }: ProviderChange): Promise<Finding[]> {
  const own = (await listLastResults(ctx)).filter((one) => one.provider?.id === provider && one.at >= at);
  if (own.length === 0)
    return [
      {
        result: 'attention',
        subject: provider,
        found: 'It was not checked since the change.',
        propose: 'Run the checks, then compute the findings again.',
        href: '/admin/checks',
      },
    ];
  return own.map(({ name, result, found, mend }) => ({
    result: results[result],
    subject: provider,
    found: `${name}: ${found}`,
    ...(mend ? { propose: mend } : {}),
    href: '/admin/checks',
  }));
}

const told = (value: string | boolean | string[] | null): string =>
  value === null ? 'nothing' : Array.isArray(value) ? value.join(' ') : String(value);

/** What a provider's metadata said otherwise than before, as findings: endpoints with both addresses, the rest by name. */
export async function announcedIn(ctx: Context, provider: string, span: Span): Promise<Finding[]> {
  const href = `/admin/providers/${encodeURIComponent(provider)}`;
  return (await metadataChanges(ctx, provider, span)).map(({ at, changes, waits }): Finding => {
    const parts = changes.map(({ name, before, after }) =>
      /_endpoint$|^issuer$|^jwks_uri$/.test(name) ? `${name} from ${told(before)} to ${told(after)}` : name,
    );
    return {
      result: waits ? 'attention' : 'fine',
      subject: provider,
      found: `Its metadata changed on ${at.toISOString().slice(0, 10)}: ${parts.join(', ')}.${waits ? ' The hub does not follow the move.' : ''}`,
      ...(waits
        ? { propose: 'Ask the provider whether the move is theirs. Accept it on the provider’s page if so.' }
        : {}),
      href,
    };
  });
}

/** What the last try of a provider found about its record, where that was after the change. */
export async function triedSince(ctx: Context, { provider, at }: ProviderChange): Promise<Finding[]> {
  const [last] = await ctx.database.db.select().from(providerChecks).where(eq(providerChecks.provider, provider));
  const href = `/admin/providers/${encodeURIComponent(provider)}`;
  if (!last || last.startedAt < at || last.results.length === 0)
    return [
      {
        result: 'attention',
        subject: provider,
        found: 'It was not tried since the change.',
        propose: 'Check the provider on its page, then compute the findings again.',
        href,
      },
    ];
  const faults = last.results.filter(({ result }) => result !== 'passes');
  if (faults.length === 0)
    return [{ result: 'fine', subject: provider, found: `${last.results.length} checks of its record pass.`, href }];
  return faults.map(({ check, result, found, mend }) => ({
    result: result === 'fails' ? 'attention' : 'unknown',
    subject: provider,
    found: `${check}: ${found}`,
    ...(mend ? { propose: mend } : {}),
    href,
  }));
}
