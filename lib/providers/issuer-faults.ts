import type { ProviderRecordInput } from '#lib/config/provider-record';
import type { ProviderRecord } from '#lib/providers/record';

/** What the operator wrote of where an entry's server is. A preset's endpoints are the issuer's own. */
function writtenEndpoints(entry: ProviderRecordInput): string {
  const { authorization_endpoint, token_endpoint, userinfo_endpoint, jwks_uri, introspection_endpoint, identity } =
    entry;
  return JSON.stringify([
    ...[authorization_endpoint, token_endpoint, userinfo_endpoint, jwks_uri, introspection_endpoint],
    identity?.endpoint,
  ]);
}

/**
 * A person is known by issuer and subject. So an issuer belongs to one set of endpoints: another set under the same issuer
 * could say of anybody there that they are here. Two clients of one server have the same endpoints, or none written; else
 * each of them has to say `shares_issuer`.
 * @returns a sentence for each entry that is at fault
 */
export function issuerFaults(pairs: readonly { entry: ProviderRecordInput; record: ProviderRecord }[]): string[] {
  const byIssuer = Map.groupBy(pairs, ({ record }) => record.identity.issuer ?? record.issuer);
  const faults: string[] = [];
  for (const [issuer, sharing] of byIssuer) {
    if (new Set(sharing.map(({ entry }) => writtenEndpoints(entry))).size === 1) continue;
    for (const { entry, record } of sharing) {
      if (entry.shares_issuer) continue;
      const others = sharing.filter((one) => one.record !== record).map((one) => `"${one.record.id}"`);
      faults.push(
        `PROVIDERS_FILE: "${record.id}", issuer: ${issuer} is also the issuer of ${others.join(', ')}, with other endpoints; where they are one server, every entry must say "shares_issuer": true`,
      );
    }
  }
  return faults;
}
