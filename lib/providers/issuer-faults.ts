import type { ProviderRecordInput } from '#lib/config/provider-record';
import { isTenantIssuer } from '#lib/config/tenant-issuer';
import type { ProviderRecord } from '#lib/providers/record';

/** What the operator wrote of where an entry's server is. A preset's endpoints are the issuer's own. */
function writtenEndpoints(entry: ProviderRecordInput, record: ProviderRecord): string {
  const { authorization_endpoint, token_endpoint, userinfo_endpoint, jwks_uri, introspection_endpoint, identity } =
    entry;
  return JSON.stringify([
    ...[authorization_endpoint, token_endpoint, userinfo_endpoint, jwks_uri, introspection_endpoint],
    identity?.endpoint,
    // Under a name that is not the server's own, its metadata may be anybody's.
    /^https?:\/\/[^/]+/i.exec(record.issuer)?.[0],
  ]);
}

/**
 * A person is known by issuer and subject. So an issuer belongs to one set of endpoints: another set under the same issuer
 * could say of anybody there that they are here. Two clients of one server have the same endpoints, or none written; else
 * each of them has to say `shares_issuer`.
 * @returns a sentence for each entry that is at fault
 */
export function issuerFaults(pairs: readonly { entry: ProviderRecordInput; record: ProviderRecord }[]): string[] {
  const templates = pairs.flatMap(({ record }) => record.tenant_issuer ?? []);
  // An issuer that a tenant could have belongs to the server of the tenants.
  const claimed = ({ issuer, identity, tenant_issuer }: ProviderRecord) => {
    const own = identity.issuer ?? tenant_issuer?.template ?? issuer;
    return templates.find((rule) => isTenantIssuer(rule, own, { listed: false }))?.template ?? own;
  };
  const byIssuer = Map.groupBy(pairs, ({ record }) => claimed(record));
  const faults: string[] = [];
  for (const [issuer, sharing] of byIssuer) {
    if (new Set(sharing.map(({ entry, record }) => writtenEndpoints(entry, record))).size === 1) continue;
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
