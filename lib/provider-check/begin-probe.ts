import { redirectUri } from '#lib/authorization/redirect-uri';
import { readPart } from '#lib/config/account-part';
import { templatesOf } from '#lib/config/provider-parts';
import type { Context } from '#lib/context';
import { resolveEndpoints } from '#lib/oauth/resolve-endpoints';
import { failureWords } from '#lib/provider-check/failure-words';
import { type Probe, probingFetch, type ResolvedProbe } from '#lib/provider-check/probe';
import type { Finding } from '#lib/provider-check/report';
import type { ProviderRecord } from '#lib/providers/record';

/** The parts of the record's addresses; null where some are needed that were not given, or do not fit. */
export function partsOf(
  provider: ProviderRecord,
  given: Readonly<Record<string, string>>,
): Record<string, string> | null {
  const known = templatesOf(provider).map(([, text]) => text);
  const read = provider.account_params.map((param) => [param.name, readPart(param, given[param.name] ?? '', known)]);
  return read.some(([, value]) => value === null) ? null : Object.fromEntries(read);
}

/** Resolves the endpoints as a flow would, and says why where that fails. */
export async function resolveProbe(probe: Probe): Promise<ResolvedProbe | Finding> {
  const { provider, parts } = probe;
  const base = { check: 'token_endpoint', result: 'unknown', lookedAt: 'endpoints' } as const;
  if (parts === null) {
    const names = provider.account_params.map(({ name, example }) => `${name} (as ${example})`).join(', ');
    return {
      ...base,
      found: `The addresses have parts that were not given: ${names}.`,
      mend: 'Give the parts, and check again.',
    };
  }
  try {
    return { ...probe, parts, pinned: await resolveEndpoints(provider, probe.deps, parts) };
  } catch (error) {
    const found = `Which endpoints to use is not known. ${failureWords(error).found}`;
    return { ...base, found, mend: 'Mend what the checks of the metadata found.' };
  }
}

/**
 * Begins to look at a provider.
 * @param given the account-specific parts of its addresses
 * @param received is given tokens that come against all expectation
 */
export function beginProbe(
  ctx: Context,
  provider: ProviderRecord,
  given: Readonly<Record<string, string>>,
  { signal, received }: Pick<Probe, 'signal' | 'received'>,
): Probe {
  const dated: Probe['dated'] = [];
  const fetch = probingFetch(ctx, signal, dated);
  return {
    ctx,
    provider,
    redirectUri: redirectUri(ctx, provider),
    parts: partsOf(provider, given),
    // A fetch of its own: metadata is asked for anew, and what other flows know of it stays as it is.
    deps: { fetch, now: ctx.now, probing: true },
    fetch,
    signal,
    dated,
    received,
  };
}
