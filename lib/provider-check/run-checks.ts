import type { Context } from '#lib/context';
import { beginProbe, resolveProbe } from '#lib/provider-check/begin-probe';
import { checkAuthorization } from '#lib/provider-check/check-authorization';
import { checkClient } from '#lib/provider-check/check-client';
import { checkClock } from '#lib/provider-check/check-clock';
import { checkHosts } from '#lib/provider-check/check-hosts';
import { checkIdentity, checkKeys } from '#lib/provider-check/check-identity';
import { checkMetadata } from '#lib/provider-check/check-metadata';
import { checkIss, checkPkce, checkRecord } from '#lib/provider-check/check-record';
import { checkIntrospection, checkRevocation } from '#lib/provider-check/check-tokens';
import { type Probe, toResult } from '#lib/provider-check/probe';
import type { CheckResult, Finding } from '#lib/provider-check/report';
import type { ProviderRecord } from '#lib/providers/record';

/** A check ends after this; findings that are missing by then cannot be known. Milliseconds. */
export const longestCheckMs = 20_000;

type Told = (results: CheckResult[]) => Promise<void> | void;

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
  const probe = beginProbe(ctx, provider, given, { signal: AbortSignal.timeout(longestCheckMs), received });
  const tell = (findings: readonly Finding[]) => told(findings.map((finding) => toResult(probe, finding)));
  const part = async (name: string, work: () => Promise<readonly (Finding | null)[]>) =>
    tell(await inPart(probe, name, work));

  const resolved = resolveProbe(probe);
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
