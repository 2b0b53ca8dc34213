import type { OAuthProvider } from '#lib/oauth/types';
import { inspectHost } from '#lib/outbound/inspect-host';
import { isCertificateCode, reasonWords } from '#lib/provider-check/failure-words';
import type { Probe } from '#lib/provider-check/probe';
import type { Finding } from '#lib/provider-check/report';

const mostHosts = 6;
const inspectMs = 6_000;
const dayMs = 86_400_000;
/** A certificate that ends within so many days is told of. */
const soonDays = 14;

const written = (provider: OAuthProvider) => [
  provider.issuer,
  provider.authorization_endpoint,
  provider.token_endpoint,
  provider.revocation_endpoint,
  provider.introspection_endpoint,
  provider.pushed_authorization_request_endpoint,
  provider.userinfo_endpoint,
  provider.jwks_uri,
  provider.refresh_endpoint,
  provider.identity.endpoint,
  provider.identity.emails_endpoint,
];

/** One address for each host that the record names; those with parts that a person fills in are left out. */
function hostsOf(provider: OAuthProvider, values: Readonly<Record<string, string>>): URL[] {
  const fill = (text: string) => text.replaceAll(/\{([a-z][a-z0-9_]*)\}/g, (whole, name) => values[name] ?? whole);
  const urls = written(provider).flatMap((text) => {
    const url = text ? URL.parse(fill(text)) : null;
    return url && !decodeURIComponent(url.hostname).includes('{') ? [url] : [];
  });
  return [...new Map(urls.map((url) => [`${url.protocol}//${url.host}`, url])).values()].slice(0, mostHosts);
}

/** The finding about a certificate. @param now milliseconds since 1970 */
export function certificateFinding(
  lookedAt: string,
  { validTo, refusedFor }: { validTo: Date | null; refusedFor: string | null },
  now: number,
): Finding {
  const left = validTo === null ? null : (validTo.getTime() - now) / dayMs;
  const ends =
    validTo === null ? '' : ` It is valid until ${validTo.toISOString().slice(0, 16).replace('T', ' ')} UTC.`;
  const base = { check: 'certificate', lookedAt } as const;
  // A self-signed one is named so by OpenSSL, even where its time is over as well.
  const code = refusedFor !== null && left !== null && left < 0 ? 'CERT_HAS_EXPIRED' : refusedFor;
  if (code !== null) {
    const { found, mend } = reasonWords(code);
    return { ...base, result: 'fails', found: `${found}${ends}`, mend };
  }
  if (left !== null && left < soonDays) {
    const mend = 'The server’s operators have to renew it before then.';
    return { ...base, result: 'fails', found: `The certificate ends within ${soonDays} days.${ends}`, mend };
  }
  return { ...base, result: 'passes', found: `The certificate is accepted.${ends}` };
}

async function checkHost(probe: Probe, url: URL): Promise<Finding[]> {
  const lookedAt = `${url.protocol}//${url.host}`;
  const seen = await inspectHost(url, { operatorHosts: probe.provider.operator_hosts, timeoutMs: inspectMs });
  const failed = seen.reason === null ? null : reasonWords(seen.reason);
  const { addresses } = seen;
  if (addresses === null)
    return [{ check: 'name', result: 'fails', lookedAt: url.hostname, ...(failed ?? reasonWords('failed')) }];
  const name: Finding = {
    check: 'name',
    result: 'passes',
    lookedAt: url.hostname,
    found: `The name has ${addresses} ${addresses === 1 ? 'address' : 'addresses'} that the hub may call.`,
  };
  if (!seen.connected)
    return [name, { check: 'connection', result: 'fails', lookedAt, ...(failed ?? reasonWords('failed')) }];
  const connection: Finding = { check: 'connection', result: 'passes', lookedAt, found: 'The host takes connections.' };
  if (url.protocol === 'http:') return [name, connection];
  if (seen.certificate)
    return [name, connection, certificateFinding(lookedAt, seen.certificate, probe.ctx.now().getTime())];
  const code = seen.reason ?? 'failed';
  const tls = isCertificateCode(code)
    ? reasonWords(code)
    : { found: `TLS could not begin (${code}).`, mend: 'Look whether the server speaks https at this port.' };
  return [name, connection, { check: 'certificate', result: 'fails', lookedAt, ...tls }];
}

/** DNS, connection and certificate of every host that the record names. Behind a proxy only the calls themselves tell. */
export async function checkHosts(probe: Probe): Promise<Finding[]> {
  const hosts = hostsOf(probe.provider, probe.parts ?? {});
  if (probe.ctx.config.proxy) {
    const found = 'The hub calls through a proxy, which looks names up and connects by itself.';
    return hosts.map(({ host }) => ({ check: 'name', result: 'unknown', lookedAt: host, found }));
  }
  return (await Promise.all(hosts.map((url) => checkHost(probe, url)))).flat();
}
