import { isDeepStrictEqual } from 'node:util';
import { matchesPart } from '#lib/config/account-part';
import { fillTemplate, isSafePart, placeholderNames } from '#lib/config/provider-url';
import { OAuthError } from '#lib/oauth/oauth-error';
import type { AccountParamValues, CallRule, OAuthProvider, Parameters } from '#lib/oauth/types';

/**
 * Checks the values a person gave for the account-specific parts of URLs: all of them, none else, each matching its
 * pattern.
 * @throws OAuthError `account_param_invalid`
 */
export function checkAccountParams(provider: OAuthProvider, values: AccountParamValues): void {
  const parts = provider.redirect_parts;
  const known = new Set([...provider.account_params, ...parts].map(({ name }) => name));
  const unknown = Object.keys(values).find((name) => !known.has(name));
  if (unknown !== undefined) throw new OAuthError('account_param_invalid', { detail: 'unknown_name' });
  for (const param of provider.account_params) {
    const value = values[param.name];
    if (value === undefined || !isSafePart(value, param) || !matchesPart(param.pattern, value)) {
      throw new OAuthError('account_param_invalid', { detail: param.name });
    }
  }
  // From the database they may be those of an older record, with a server that is trusted no longer.
  const unlisted = parts.find(({ name, values: listed }) => {
    const value = values[name];
    return value !== undefined && !Object.values(listed).includes(value);
  });
  if (unlisted) throw new OAuthError('account_param_invalid', { detail: unlisted.name });
}

/**
 * The values with the parts that the server named on the redirect. A word that the record does not list is refused: the
 * client's secret goes where these parts lead.
 * @throws OAuthError `redirect_part_unknown`
 */
export function learnParts(
  { redirect_parts }: OAuthProvider,
  callbackUrl: URL,
  values: AccountParamValues,
): AccountParamValues {
  const learnt = redirect_parts.flatMap(({ name, field, values: listed }) => {
    const words = callbackUrl.searchParams.getAll(field);
    const [word] = words;
    if (word === undefined) return [];
    const value = words.length === 1 && Object.hasOwn(listed, word) ? listed[word] : undefined;
    if (value === undefined) throw new OAuthError('redirect_part_unknown', { detail: name });
    return [[name, value] as const];
  });
  return { ...values, ...Object.fromEntries(learnt) };
}

/** The values, and where the redirect has not named a part yet, the one that the record begins with. */
const withInitial = ({ redirect_parts }: OAuthProvider, values: AccountParamValues): AccountParamValues => ({
  ...Object.fromEntries(redirect_parts.map(({ name, initial }) => [name, initial])),
  ...values,
});

/**
 * Whether two sets of parts lead to the same addresses; a part that the redirect has not named counts as its initial one.
 * @param provider undefined where it is no longer configured
 */
export function haveSameParts(
  provider: OAuthProvider | undefined,
  one: AccountParamValues,
  other: AccountParamValues,
): boolean {
  const [a, b] = [one, other].map((values) => (provider ? withInitial(provider, values) : values));
  return isDeepStrictEqual(a, b);
}

/** The parts that may be a whole server, with a port and a path. */
const basesOf = ({ account_params }: OAuthProvider): ReadonlySet<string> =>
  new Set(account_params.filter(({ base }) => base).map(({ name }) => name));

/** Fills the `{parts}` of an endpoint with checked values and the client's id. @throws OAuthError `account_param_invalid` */
export function fillEndpoint(provider: OAuthProvider, template: string, values: AccountParamValues): string {
  if (!template.includes('{')) return template;
  const known = withInitial(provider, values);
  const filled = fillTemplate(
    template.replaceAll('{client_id}', encodeURIComponent(provider.client_id)),
    known,
    basesOf(provider),
  );
  if (!filled) throw new OAuthError('account_param_invalid', { detail: 'unsafe_value' });
  return filled;
}

function filler(provider: OAuthProvider, values: AccountParamValues): (template: string) => string {
  const known: AccountParamValues = { ...withInitial(provider, values), client_id: provider.client_id };
  const bases = basesOf(provider);
  return (template) => {
    const names = placeholderNames(template);
    const unsafe = names.some(
      (name) =>
        known[name] === undefined || (name !== 'client_id' && !isSafePart(known[name], { base: bases.has(name) })),
    );
    if (unsafe) throw new OAuthError('account_param_invalid', { detail: 'unsafe_value' });
    return names.reduce((text, name) => text.replaceAll(`{${name}}`, () => known[name] ?? ''), template);
  };
}

/** Headers of the record, filled as its parameters are. @throws OAuthError `account_param_invalid` */
export function fillHeaders(
  provider: OAuthProvider,
  headers: CallRule['headers'],
  values: AccountParamValues,
): Record<string, string> {
  const fill = filler(provider, values);
  return Object.fromEntries(
    Object.entries(headers).map(([name, text]) => [name, typeof text === 'string' ? fill(text) : text.reveal()]),
  );
}

/**
 * Further parameters of the record, each value on its own, with `{parts}` filled as an endpoint's are. Other braces, as
 * a JSON value has them, stay.
 * @throws OAuthError `account_param_invalid`
 */
export function fillParameters(
  provider: OAuthProvider,
  parameters: Parameters,
  values: AccountParamValues,
): [name: string, value: string][] {
  const fill = filler(provider, values);
  return Object.entries(parameters).flatMap(([name, templates]) =>
    [templates].flat().map((template): [string, string] => [name, fill(template)]),
  );
}
