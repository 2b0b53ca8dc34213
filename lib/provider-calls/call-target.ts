import { fillEndpoint } from '#lib/oauth/account-params';
import type { ProviderRecord } from '#lib/providers/record';

/** The target of a call: a host of a provider, for one account there. */
export interface CallTarget {
  provider: string;
  /** With its port where that is not the scheme's own. Another tenant's host is another one. */
  host: string;
  /** The account at the provider, by which it may count calls. */
  account: string;
}

/** The parts of a connection that name the target of its calls. */
export interface TargetedConnection {
  issuer: string;
  subject: string;
  accountParams: Record<string, string>;
}

/** The template of the URL at which the provider's tokens are refreshed, as far as its record says; else its issuer. */
const templateOf = (provider: ProviderRecord) =>
  provider.refresh_endpoint ?? provider.token_endpoint ?? provider.issuer;

function hostOf(provider: ProviderRecord, accountParams: Record<string, string>): string {
  const template = templateOf(provider);
  // Parts of a path say nothing of the host, and may be anything here.
  const authority = hasManyHosts(provider) ? template : template.replaceAll(/\{[a-z][a-z0-9_]*\}/g, 'x');
  try {
    return new URL(fillEndpoint(provider, authority, accountParams)).host;
  } catch {
    return '';
  }
}

/**
 * The target of the connection's refresh. Known without a call: discovered endpoints count as their issuer's.
 * Parameters that the record no longer takes count as a host of their own, since they fail before every call.
 */
export function callTarget(
  provider: ProviderRecord,
  { issuer, subject, accountParams }: TargetedConnection,
): CallTarget {
  return { provider: provider.id, host: hostOf(provider, accountParams), account: `${issuer} ${subject}` };
}

/** True where account parameters lead to several hosts. */
export function hasManyHosts(provider: ProviderRecord): boolean {
  const [, authority = ''] = /^[a-z]+:\/\/([^/]*)/i.exec(templateOf(provider)) ?? [];
  return authority.replaceAll('{client_id}', '').includes('{');
}
