import type { AccountParts } from '#lib/providers/registry-import/account-parts';
import { partName } from '#lib/providers/registry-import/account-parts';
import type { Part, Report } from '#lib/providers/registry-import/import-report';
import type { RegistryEntry } from '#lib/providers/registry-import/read-registry';

const placeholder = /\$\{([^{}]*)\}/g;

/** The value of one `${…}` of a template with which the template becomes this text; null where there is none. */
function valueBetween(template: string, text: string): string | null {
  const [before, after, ...more] = template.split(/\$\{[^{}]*\}/);
  if (before === undefined || after === undefined || more.length > 0) return null;
  const fits = text.startsWith(before) && text.endsWith(after) && text.length > (before + after).length;
  const value = fits ? text.slice(before.length, text.length - after.length) : '';
  return /^[A-Za-z0-9.-]+$/.test(value) ? value : null;
}

/**
 * An address of the registry as a template of ours. `A || B` means B where A's parts are not given: B is kept as the
 * example where it is A with a certain part, and instead of A where it has no parts.
 */
export function address(
  written: string,
  field: string,
  part: Part,
  parts: AccountParts,
  report: Report,
): string | null {
  const [first = '', second] = written.split('||').map((text) => text.trim());
  if (second === undefined) return parts.fill(first, field, part);
  const hint = valueBetween(first, second);
  // Where the whole host is a part, the fallback's host is one of its values.
  const wholeHost = /^https:\/\/\$\{[^{}]*\}\//.test(first);
  if (hint !== null || wholeHost || parts.learnt.size > 0) return parts.fill(first, field, part, hint ?? undefined);
  const hosts = parts.hostsOf(first, second, part);
  if (hosts !== null) return hosts;
  report.lost(field, part, `only ${second} is kept, not the addresses of other regions`);
  return parts.fill(second, field, part);
}

export interface RedirectPart {
  name: string;
  field: string;
  values: Record<string, string>;
  initial: string;
}

/**
 * The server's own origin, learnt from the redirect where the registry falls back on it: `https://as.${x} || ${server}`
 * with the words of `x` listed. The words make the list of servers that the record trusts.
 */
export function redirectParts({ authorization_url = '', token_url, ...entry }: RegistryEntry): RedirectPart[] {
  const alternatives = (text: unknown) =>
    String(text)
      .split('||')
      .map((one) => one.trim());
  const [first = '', second = ''] = alternatives(token_url);
  const [asked = '', otherwise = ''] = alternatives(authorization_url);
  const field = /^\$\{connectionConfig\.([^{}]+)\}\//.exec(second)?.[1];
  const [word, ...more] = [...first.matchAll(placeholder)].map(([, name]) => name?.replace('connectionConfig.', ''));
  const origin = /^https:\/\/[^/]+/.exec(first)?.[0];
  if (!field || !word || more.length > 0 || !origin || !entry.redirect_uri_metadata?.includes(field)) return [];
  const words = entry.connection_config?.[word]?.enum ?? [];
  const initial = words.find((one) => one === valueBetween(asked, otherwise)) ?? words[0];
  if (initial === undefined) return [];
  const values = Object.fromEntries(words.map((one) => [origin.replace(placeholder, () => one), one]));
  return [{ name: partName(word), field, values, initial }];
}
