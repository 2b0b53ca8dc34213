import type { Observation, ProviderCheck } from '#lib/checks/check';
import type { ProviderSubject } from '#lib/checks/provider-subject';
import { checkAuthorization } from '#lib/provider-check/check-authorization';

/** Only the server knows the registered redirect URIs: it says by its answer whether ours is one, byte for byte. */
async function look(subject: ProviderSubject): Promise<Observation> {
  const found = await subject.endpoints();
  const { redirectUri: lookedAt } = subject.probe;
  if (!('pinned' in found)) return { result: 'unknown', lookedAt, found: found.found, mend: found.mend };
  const findings = await checkAuthorization(found);
  const told = findings.find(({ check }) => check === 'redirect_uri');
  if (told) return { result: told.result, lookedAt, found: told.found, mend: told.mend };
  const refused = findings.find(({ result }) => result === 'fails');
  return {
    result: 'unknown',
    lookedAt,
    found: refused?.found ?? 'The authorization endpoint gave no answer that tells.',
    mend: refused?.mend ?? `Connect as yourself on the page of the provider.`,
  };
}

export const redirectUri: ProviderCheck = {
  id: 'redirect_uri',
  name: 'The redirect URI at the provider',
  line: 'redirect_uri',
  scope: 'provider',
  alert: 'warning',
  look,
};
