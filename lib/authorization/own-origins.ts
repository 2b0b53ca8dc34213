import { AppError } from '#lib/errors';
import type { PinnedEndpoints } from '#lib/oauth/types';
import type { ProviderCatalog } from '#lib/providers/catalog';
import type { ProviderRecord } from '#lib/providers/record';

/** An origin of a template, as a pattern: `https://{shop}.example` stands for every shop's. */
function originPattern(template: string): RegExp | null {
  const origin = /^(https?:\/\/[^/?#]+)/i.exec(template)?.[1];
  if (!origin) return null;
  const literal = origin
    .toLowerCase()
    .split(/\{[^}]*\}/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('[a-z0-9._-]+')}$`, 'i');
}

/** Whether an origin stands in a record: as that of its issuer or of its endpoints. */
function callsItsOwn(record: ProviderRecord, origin: string): boolean {
  const written = [
    ...[record.issuer, record.authorization_endpoint, record.token_endpoint, record.userinfo_endpoint],
    ...[record.revocation_endpoint, record.introspection_endpoint, record.refresh_endpoint, record.identity.endpoint],
    ...[record.metadata_url, record.pushed_authorization_request_endpoint],
  ];
  return written.some((template) => template !== null && originPattern(template)?.test(origin));
}

/**
 * Metadata must not send people to a server that another record calls its own: the answer there would be that server's
 * (RFC 9700 §4.4). Where the record itself names the origin, the operator wrote it so.
 * @throws AppError `provider_configuration`
 */
export function assertOwnAuthorizationEndpoint(
  catalog: ProviderCatalog,
  provider: ProviderRecord,
  { authorization_endpoint }: PinnedEndpoints,
): void {
  const { origin } = new URL(authorization_endpoint);
  if (provider.authorization_endpoint !== null || callsItsOwn(provider, origin)) return;
  const other = catalog.list().find((record) => record.id !== provider.id && callsItsOwn(record, origin));
  if (!other) return;
  throw new AppError('provider_configuration', {
    cause: new Error(`the metadata of ${provider.id} names an authorization endpoint at the server of ${other.id}`),
  });
}
