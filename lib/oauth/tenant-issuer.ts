import { filledIssuer, isTenantIssuer } from '#lib/config/tenant-issuer';
import { OAuthError } from '#lib/oauth/oauth-error';
import { valueAt } from '#lib/oauth/provider-call';
import type { OAuthProvider, TenantIssuer } from '#lib/oauth/types';

/**
 * The issuer of the tenant that an ID token names. The caller verifies that the token's `iss` is this text and that its
 * signature is good; before that, nothing of it may be believed.
 * @throws OAuthError `id_token_issuer` where no tenant is named, or one that the record does not list
 */
export function tenantIssuerOf(rule: TenantIssuer, claims: Record<string, unknown>): string {
  const tenant = valueAt(claims, rule.claim);
  const issuer = typeof tenant === 'string' ? filledIssuer(rule, tenant) : null;
  if (typeof tenant !== 'string' || issuer === null) throw new OAuthError('id_token_issuer', { detail: 'no_tenant' });
  if (rule.tenants && !rule.tenants.includes(tenant)) throw new OAuthError('id_token_issuer', { detail: 'tenant' });
  return issuer;
}

/** Whether a server that is configured so may call itself this: by its own issuer, or by that of one of its tenants. */
export const isOwnIssuer = (
  { tenant_issuer }: Pick<OAuthProvider, 'tenant_issuer'>,
  pinned: { issuer: string },
  issuer: string,
  which: { listed: boolean },
): boolean => (tenant_issuer === null ? issuer === pinned.issuer : isTenantIssuer(tenant_issuer, issuer, which));
