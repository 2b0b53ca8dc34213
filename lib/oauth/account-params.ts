import { matchesPart } from '#lib/config/account-part';
import { fillTemplate, placeholderNames, safePart } from '#lib/config/provider-url';
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
    if (value === undefined || !matchesPart(pattern, value)) {
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

/**
 * Further parameters of the record, whose `{parts}` are filled as those of an endpoint are. Other braces, as a JSON value
 * has them, stay.
 * @throws OAuthError `account_param_invalid`
 */
export function fillParameters(
  provider: OAuthProvider,
  parameters: Readonly<Record<string, string>>,
  values: AccountParamValues,
): Record<string, string> {
  const known: AccountParamValues = { ...values, client_id: provider.client_id };
  const fill = (template: string) => {
    const names = placeholderNames(template);
    const unsafe = names.some(
      (name) => known[name] === undefined || (name !== 'client_id' && !safePart.test(known[name])),
    );
    if (unsafe) throw new OAuthError('account_param_invalid', { detail: 'unsafe_value' });
    return names.reduce((text, name) => text.replaceAll(`{${name}}`, () => known[name] ?? ''), template);
  };
  return Object.fromEntries(Object.entries(parameters).map(([name, template]) => [name, fill(template)]));
}
