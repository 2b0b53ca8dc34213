import type { Observation, ProviderCheck } from '#lib/checks/check';
import type { ProviderSubject } from '#lib/checks/provider-subject';
import { isLoopbackHost } from '#lib/config/address-class';

const names = [
  ...['authorization_endpoint', 'token_endpoint', 'refresh_endpoint', 'revocation_endpoint'],
  ...['introspection_endpoint', 'userinfo_endpoint', 'jwks_uri', 'pushed_authorization_request_endpoint'],
] as const;

/** Every endpoint that the hub may call: by the record, by the metadata, and as a flow would use them now. */
async function endpointsOf(subject: ProviderSubject): Promise<Map<string, string>> {
  const { provider } = subject;
  const [found, { document }] = await Promise.all([subject.endpoints(), subject.metadata()]);
  const pinned = 'pinned' in found ? found.pinned : {};
  const sources = [document ?? {}, provider, pinned] as Readonly<Record<string, unknown>>[];
  const all = new Map<string, string>([['issuer', provider.issuer]]);
  for (const source of sources)
    for (const name of names) if (typeof source[name] === 'string') all.set(`${name} ${source[name]}`, source[name]);
  if (provider.identity.endpoint) all.set('identity.endpoint', provider.identity.endpoint);
  return all;
}

const certificateAdvice = 'Renew the certificate, or correct the address in the record.';

async function look(subject: ProviderSubject): Promise<Observation> {
  const all = await endpointsOf(subject);
  const lookedAt = `${all.size} addresses of ${subject.provider.id}`;
  const plain = [...all].filter(([, address]) => !/^https:\/\//i.test(address));
  const reachable = plain.filter(([, address]) => !isLoopback(address));
  if (reachable.length > 0) {
    const list = reachable.slice(0, 5).map(([, address]) => address);
    const found = `${reachable.length} without https: ${list.join(', ')}.`;
    return { result: 'fails', lookedAt, found, mend: 'Use the https addresses of the provider.' };
  }
  const hosts = await subject.hosts();
  const refused = hosts.find(({ check, result }) => check === 'certificate' && result === 'fails');
  if (refused)
    return {
      result: 'fails',
      lookedAt: refused.lookedAt,
      found: refused.found,
      mend: refused.mend ?? certificateAdvice,
    };
  if (plain.length > 0) {
    const found = 'The server runs on this machine, and its addresses have no https. Other machines cannot reach them.';
    return { result: 'not_promised', lookedAt, found };
  }
  const seen = hosts.filter(({ check }) => check === 'certificate');
  const found = `Each begins with https. ${seen.map((one) => one.found).join(' ')}`.trim();
  return seen.length > 0
    ? { result: 'passes', lookedAt, found }
    : { result: 'unknown', lookedAt, found: `${found} No host showed its certificate.`, mend: 'Check this provider.' };
}

function isLoopback(address: string): boolean {
  const url = URL.parse(address);
  return url !== null && isLoopbackHost(url);
}

export const httpsEndpoints: ProviderCheck = {
  id: 'https_endpoints',
  name: 'HTTPS at the provider',
  line: 'https',
  scope: 'provider',
  alert: 'warning',
  look,
};
