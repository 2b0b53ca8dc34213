import { type BuiltinProviders, ConfigError } from '#lib/config/config';
import type { ProviderRecordInput } from '#lib/config/provider-record';
import { identityFaults } from '#lib/providers/identity-faults';
import { issuerFaults } from '#lib/providers/issuer-faults';
import { mergeFaults } from '#lib/providers/merge-faults';
import type { ProviderRecord } from '#lib/providers/record';
import { resolveRecord } from '#lib/providers/resolve-record';

/** The operator's configuration: no id stands in both, nor twice in the file. */
export interface CatalogInput {
  /** The built-in five, as far as the environment configures them. */
  builtin: BuiltinProviders;
  file: readonly ProviderRecordInput[];
}

export interface ProviderCatalog {
  /** Every configured provider, in the order of the five and then of the file. */
  list(): ProviderRecord[];
  get(id: string): ProviderRecord | undefined;
  /** The providers that people may sign in through. */
  signIn(): ProviderRecord[];
  /** The providers that accounts can be connected at. */
  connectable(): ProviderRecord[];
}

function builtinEntries({ builtin }: CatalogInput): ProviderRecordInput[] {
  const { google, github, salesforce, okta, auth0 } = builtin;
  const entries: ProviderRecordInput[] = [];
  const trusted = { sign_in: true, trusted_email: true };
  if (google) entries.push({ id: 'google', name: 'Google', preset: 'google', ...google, ...trusted });
  if (github) {
    const { url, ...credentials } = github;
    const issuer = url ? { issuer: `${new URL(url).origin}/login/oauth` } : {};
    entries.push({ id: 'github', name: 'GitHub', preset: 'github', ...credentials, ...issuer, ...trusted });
  }
  if (salesforce) {
    const { login_url, ...credentials } = salesforce;
    // Not for signing in: behind the shared login host, anybody's organisation may claim any e-mail address.
    entries.push({
      id: 'salesforce',
      name: 'Salesforce',
      preset: 'salesforce',
      ...credentials,
      issuer: new URL(login_url).origin,
    });
  }
  if (okta) entries.push({ id: 'okta', name: 'Okta', preset: 'okta', ...okta, ...trusted });
  if (auth0) entries.push({ id: 'auth0', name: 'Auth0', preset: 'auth0', ...auth0, ...trusted });
  return entries;
}

/**
 * The catalogue of configured providers, immutable.
 * @throws ConfigError where two entries claim one issuer, or an entry contradicts its preset or itself
 */
export function buildCatalog(input: CatalogInput): ProviderCatalog {
  const entries = [...builtinEntries(input), ...input.file];
  const records = entries.map(resolveRecord);
  const pairs = records.map((record, at) => ({ record, entry: entries[at] as ProviderRecordInput }));
  const faults = [...records.flatMap(mergeFaults), ...issuerFaults(pairs), ...identityFaults(pairs)];
  if (faults.length > 0) throw new ConfigError(faults);
  const byId = new Map(records.map((record) => [record.id, record]));
  return {
    list: () => [...records],
    get: (id) => byId.get(id),
    signIn: () => records.filter(({ sign_in }) => sign_in),
    connectable: () => records.filter(({ connect }) => connect),
  };
}
