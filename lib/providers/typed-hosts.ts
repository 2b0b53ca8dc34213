import { parse } from 'tldts';
import { isLoopbackHost } from '#lib/config/address-class';
import { listedValues, literalEnd } from '#lib/config/pattern-values';
import { fillTemplate, placeholderNames } from '#lib/config/provider-url';
import type { AccountParam, RedirectPart } from '#lib/oauth/types';

/** The values that the parts of a record's addresses may have. */
export interface PartRules {
  readonly client_id: string;
  readonly account_params: readonly Pick<AccountParam, 'name' | 'pattern' | 'base'>[];
  readonly redirect_parts: readonly Pick<RedirectPart, 'name' | 'values'>[];
  /** Suffixes of the list below which only the provider's own servers answer. */
  readonly operated_suffixes: readonly string[];
}

/** Stands for whatever a person types. A label of a host, and no word of one. */
const typed = 'typed0by1a2person';
/** Listed values of several parts multiply. A template with more of them counts as one that takes any text. */
const mostCombinations = 1_000;

type Values = Record<string, string>;

function combinationsOf(names: readonly string[], rules: PartRules): Values[] {
  const listed = rules.redirect_parts.map(({ name, values }): [string, string[]] => [name, Object.values(values)]);
  const asked = rules.account_params.map(({ name, pattern, base }): [string, string[]] => [
    name,
    // The end of a whole server may be its path.
    listedValues(pattern) ?? [base ? typed : typed + literalEnd(pattern)],
  ]);
  const used = [...listed, ...asked].filter(([name]) => names.includes(name));
  const many = used.reduce((product, [, values]) => product * values.length, 1) > mostCombinations;
  return used.reduce<Values[]>(
    (all, [name, values]) =>
      all.flatMap((one) => (many ? [typed] : values).map((value) => ({ ...one, [name]: value }))),
    [{}],
  );
}

/** A host below a suffix of the public list that the provider alone fills, as a shop's address below its platform's. */
export function isOperatedSuffix(suffix: string): boolean {
  const { publicSuffix, domain, isPrivate } = parse(suffix, { allowPrivateDomains: true });
  return isPrivate === true && domain === null && publicSuffix === suffix;
}

/** Why a host that a person typed a part of may be anybody's, or null. */
function hostFault(url: URL, operated: readonly string[]): string | null {
  const { hostname } = url;
  const at = hostname.lastIndexOf(typed);
  if (at === -1) return null;
  const behind = hostname.slice(at + typed.length).replace(/\.$/, '');
  if (!behind.startsWith('.'))
    return behind === '' ? 'the host is' : `the host, whatever stands before "${behind}", is`;
  if (isLoopbackHost(new URL(`http://x${behind}`)) || operated.includes(behind.slice(1))) return null;
  // The whole public list: also suffixes of companies that give a host to anybody, as `github.io`.
  const { domain } = parse(`x${behind}`, { allowPrivateDomains: true });
  if (domain !== null && domain !== `x${behind}`) return null;
  const hint = isOperatedSuffix(behind.slice(1)) ? '; operated_suffixes may say that the provider alone does' : '';
  return `the host below "${behind}", where anybody may have one${hint}, is`;
}

/**
 * Whether a person may choose the server at an address of a record: the client's secret, codes and tokens would be sent
 * there. The address is filled and parsed as it is when it is called, so that what counts is the host that comes of it.
 * @param template with `{parts}`; a person may name a path, and a host below a domain that the operator wrote
 * @returns in words for the operator, as the beginning of a sentence; null where the server is the operator's choice
 */
export function typedHost(template: string, rules: PartRules): string | null {
  const names = placeholderNames(template).filter((name) => name !== 'client_id');
  if (names.length === 0) return null;
  const own = template.replaceAll('{client_id}', encodeURIComponent(rules.client_id));
  for (const values of combinationsOf(names, rules)) {
    const filled = fillTemplate(own, values);
    const fault = filled === null ? 'what stands there is' : hostFault(new URL(filled), rules.operated_suffixes);
    if (fault) return fault;
  }
  return null;
}
