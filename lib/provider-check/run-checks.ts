import { redirectUri } from '#lib/authorization/redirect-uri';
import { readPart } from '#lib/config/account-part';
import type { Context } from '#lib/context';
import { resolveEndpoints } from '#lib/oauth/resolve-endpoints';
import { checkAuthorization } from '#lib/provider-check/check-authorization';
import { checkClient } from '#lib/provider-check/check-client';
import { checkClock } from '#lib/provider-check/check-clock';
import { checkHosts } from '#lib/provider-check/check-hosts';
import { checkIdentity, checkKeys } from '#lib/provider-check/check-identity';
import { checkMetadata } from '#lib/provider-check/check-metadata';
import { checkIss, checkPkce, checkRecord } from '#lib/provider-check/check-record';
import { checkIntrospection, checkRevocation } from '#lib/provider-check/check-tokens';
import { failureWords } from '#lib/provider-check/failure-words';
import { type Probe, probingFetch, type ResolvedProbe, toResult } from '#lib/provider-check/probe';
import type { CheckResult, Finding } from '#lib/provider-check/report';
import type { ProviderRecord } from '#lib/providers/record';

/** A check ends after this; findings that are missing by then cannot be known. Milliseconds. */
export const longestCheckMs = 20_000;

type Told = (results: CheckResult[]) => Promise<void> | void;

/** The parts of the record's addresses; null where some are needed that were not given, or do not fit. */
export function partsOf(
  provider: ProviderRecord,
  given: Readonly<Record<string, string>>,
): Record<string, string> | null {
  const templates = [provider.issuer, provider.authorization_endpoint, provider.token_endpoint];
  const known = templates.filter((text) => text !== null);
  const read = provider.account_params.map((param) => [param.name, readPart(param, given[param.name] ?? '', known)]);
  return read.some(([, value]) => value === null) ? null : Object.fromEntries(read);
}

/** Resolves the endpoints as a flow would, and says why where that fails. */
async function resolve(probe: Probe): Promise<ResolvedProbe | Finding> {
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

/** Runs one part; an error is logged, and the part says that it could not find out. */
async function inPart(
  probe: Probe,
  part: string,
  work: () => Promise<readonly (Finding | null)[]>,
): Promise<Finding[]> {
  try {
    return (await work()).filter((finding) => finding !== null);
  } catch (error) {
    probe.ctx.log.error({ event: 'provider_check_failed', provider: probe.provider.id, part, err: error });
    return [];
  }
}

/**
 * Tries everything about a provider that can be tried without a person, in about ten calls and `longestCheckMs`. No call
 * changes anything at the provider: codes and tokens are made up. Circuits and slots are passed by on purpose: whether
 * the provider answers is the question, and one run at a time asks it.
 * @param told is given the results as they come
 * @param received is given the tokens that come against all expectation, whether or not the checks end
 */
export async function runChecks(
  ctx: Context,
  provider: ProviderRecord,
  given: Readonly<Record<string, string>>,
  told: Told,
  received: Probe['received'],
): Promise<void> {
  const signal = AbortSignal.timeout(longestCheckMs);
  const dated: Probe['dated'] = [];
  const fetch = probingFetch(ctx, signal, dated);
  const probe: Probe = {
    ctx,
    provider,
    redirectUri: redirectUri(ctx, provider),
    parts: partsOf(provider, given),
    // A fetch of its own: metadata is asked for anew, and what other flows know of it stays as it is.
    deps: { fetch, now: ctx.now },
    fetch,
    signal,
    dated,
    received,
  };
  const tell = (findings: readonly Finding[]) => told(findings.map((finding) => toResult(probe, finding)));
  const part = async (name: string, work: () => Promise<readonly (Finding | null)[]>) =>
    tell(await inPart(probe, name, work));

  const resolved = resolve(probe);
  const atEndpoints = async () => {
    const found = await resolved;
    if (!('pinned' in found)) return tell([found]);
    await Promise.all([
      part('authorization', () => checkAuthorization(found)),
      part('client', () => checkClient(found)),
      part('revocation', async () => [await checkRevocation(found)]),
      part('introspection', async () => [await checkIntrospection(found)]),
      part('identity', async () => [await checkIdentity(found)]),
      part('keys', async () => [await checkKeys(found)]),
    ]);
  };
  await Promise.all([
    part('hosts', () => checkHosts(probe)),
    part('metadata', async () => {
      const { document, findings } = await checkMetadata(probe);
      const compared = document ? checkRecord(probe, document) : [];
      return [...findings, ...compared, checkPkce(probe, document), checkIss(probe, document)];
    }),
    atEndpoints(),
  ]);
  await part('clock', async () => checkClock(probe));
}
