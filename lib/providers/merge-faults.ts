import { templatesOf } from '#lib/config/provider-parts';
import { longestAuthorizationUrl, placeholderNames } from '#lib/config/provider-url';
import { endpointTemplates } from '#lib/providers/endpoint-templates';
import type { ProviderRecord } from '#lib/providers/record';
import { isOperatedSuffix, typedHost } from '#lib/providers/typed-hosts';

/** Characters that the scopes may take of the address; the rest is for the endpoint and the other parameters. */
const longestScopes = longestAuthorizationUrl - 4_000;

/** A server that any person may choose would be sent the client's secret, and codes and tokens of others. */
function typedHostFaults(record: ProviderRecord): string[] {
  const faults = record.operated_suffixes
    .filter((suffix) => !isOperatedSuffix(suffix))
    .map((suffix) => `operated_suffixes: "${suffix}" is not a company's suffix of the public suffix list`);
  if (record.dangerously_with_typed_hosts) return faults;
  for (const [field, template] of endpointTemplates(record)) {
    const which = typedHost(template, record);
    if (which) {
      faults.push(
        `${field}: ${which} what a person types, and the client's secret, codes or tokens go there; write the provider's domain behind the part, list the values in its pattern, as ^(?:us|eu)$, or say "dangerously_with_typed_hosts": true`,
      );
    }
  }
  return faults;
}

/**
 * Faults that show only in an entry together with its preset: parts of addresses and their length, signing in, and
 * hints.
 * @returns a sentence for each fault
 */
export function mergeFaults(record: ProviderRecord): string[] {
  const faults: string[] = [];
  if (record.sign_in && record.account_params.length > 0) {
    faults.push('sign_in: cannot go with account_params: a person who names the server would also decide who they are');
  }
  if (record.login_hint?.value === 'subject' && (record.identity.source === 'none' || record.identity.key.length > 1)) {
    faults.push('login_hint: the server does not know the subject, which the hub makes itself');
  }
  for (const field of ['scopes', 'sign_in_scopes'] as const) {
    const { length } = new URLSearchParams([['scope', record[field].join(record.scope_sep_out)]]).toString();
    if (length > longestScopes)
      faults.push(`${field}: take ${length} characters of an address, which may be ${longestScopes}`);
  }
  const described = new Set([...record.account_params, ...record.redirect_parts].map(({ name }) => name));
  for (const [field, text] of templatesOf(record)) {
    for (const name of placeholderNames(text)) {
      if (!described.has(name) && name !== 'client_id') faults.push(`${field}: {${name}} is not among account_params`);
    }
  }
  faults.push(...typedHostFaults(record));
  return faults.map((fault) => `PROVIDERS_FILE: "${record.id}", ${fault}`);
}
