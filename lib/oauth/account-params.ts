import { fillTemplate } from '#lib/config/provider-url';
import { OAuthError } from '#lib/oauth/oauth-error';
import type { AccountParamValues, OAuthProvider } from '#lib/oauth/types';

/**
 * Checks the values a person gave for the account-specific parts of URLs: all of them, none else, each matching its
 * pattern.
 * @throws OAuthError `account_param_invalid`
 */
export function checkAccountParams(provider: OAuthProvider, values: AccountParamValues): void {
  const known = new Set(provider.account_params.map(({ name }) => name));
  const unknown = Object.keys(values).find((name) => !known.has(name));
  if (unknown !== undefined) throw new OAuthError('account_param_invalid', { detail: 'unknown_name' });
  for (const { name, pattern } of provider.account_params) {
    const value = values[name];
    if (value === undefined || value.length > 255 || !new RegExp(pattern, 'u').test(value)) {
      throw new OAuthError('account_param_invalid', { detail: name });
    }
  }
}

/** Fills the `{parts}` of an endpoint with checked values and the client's id. @throws OAuthError `account_param_invalid` */
export function fillEndpoint(provider: OAuthProvider, template: string, values: AccountParamValues): string {
  if (!template.includes('{')) return template;
  const filled = fillTemplate(template.replaceAll('{client_id}', encodeURIComponent(provider.client_id)), values);
  if (!filled) throw new OAuthError('account_param_invalid', { detail: 'unsafe_value' });
  return filled;
}
