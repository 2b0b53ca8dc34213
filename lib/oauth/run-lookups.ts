import { looksLikeToken } from '#lib/config/secret-field';
import { lookUpRule } from '#lib/oauth/look-up';
import { isOAuthError } from '#lib/oauth/oauth-error';
import { valueAt } from '#lib/oauth/provider-call';
import { pickExtras } from '#lib/oauth/token-answer';
import type { AccountParamValues, Extras, LookupRule, OAuthDeps, OAuthProvider } from '#lib/oauth/types';

/** Of a list that is longer, the rest is not offered: a person chooses from it, on a page. */
const mostEntries = 200;

/** And nothing longer than this together, as JSON: each read of the one connection loads it, for its own page. */
const mostBytes = 32_768;

/** One entry of a list that a look-up answered: the values that the connection keeps where the person chooses it. */
export interface OfferedEntry {
  label: string;
  extras: Extras;
}

/** A list of several entries, of which the person chooses one. */
export interface Offer {
  /** The kind of the entries, as in *Choose a site*. */
  name: string;
  entries: OfferedEntry[];
}

/** The findings of look-ups. `missing` names the fields that no look-up found. */
export interface Found {
  extras: Extras;
  missing: string[];
  offered: Offer[];
}

/**
 * One call's answer, or null where it failed: for details that may be missing. A failed one is not worth the whole
 * connection.
 */
export async function optional<T>(call: Promise<T>): Promise<T | null> {
  return call.catch((error: unknown) => {
    if (isOAuthError(error)) return null;
    throw error;
  });
}

const labelOf = (value: unknown): string =>
  String(value)
    .replace(/\p{Cc}/gu, '')
    .trim()
    .slice(0, 255)
    // A pair that the limit cuts, or half of one: PostgreSQL takes no such text in JSON.
    .toWellFormed();

interface Shown {
  token: string;
  values: AccountParamValues;
}

/** The entries of a list, each once; those without all of the fields are of no use to any later call. */
function entriesOf(provider: OAuthProvider, rule: LookupRule, answer: object, tokens: readonly (string | null)[]) {
  const list = rule.entries === null ? answer : valueAt(answer, rule.entries);
  const fields = Object.entries(rule.fields);
  const entries = new Map<string, OfferedEntry>();
  let bytes = 0;
  for (const one of Array.isArray(list) ? list : []) {
    const found = pickExtras(provider, one, Object.values(rule.fields), 'drop', tokens);
    const extras = Object.fromEntries(
      fields.flatMap(([name, path]) => (found[path] === undefined ? [] : [[name, found[path]] as const])),
    );
    if (Object.keys(extras).length < fields.length) continue;
    const text = rule.entry_label
      .map((path) => valueAt(one, path))
      .find((value) => typeof value === 'string' && value && !looksLikeToken(value, tokens));
    const entry = { label: labelOf(text ?? Object.values(extras)[0]), extras };
    const key = JSON.stringify(extras);
    bytes += entries.has(key) ? 0 : Buffer.byteLength(JSON.stringify(entry));
    if (bytes > mostBytes || entries.size === mostEntries) return { entries: [...entries.values()], whole: false };
    entries.set(key, entry);
  }
  return { entries: [...entries.values()], whole: true };
}

/**
 * Runs look-ups with an access token. One that fails leaves its fields in `missing`; a list with several entries, where the
 * record lets the person choose, is in `offered`.
 */
export async function runLookups(
  provider: OAuthProvider,
  lookups: readonly LookupRule[],
  shown: Shown,
  tokens: readonly (string | null)[],
  deps: OAuthDeps,
): Promise<Found> {
  const found: Found = { extras: {}, missing: [], offered: [] };
  for (const rule of lookups) {
    const body = await optional(lookUpRule(provider, rule, shown, deps));
    if (rule.choose) {
      const { entries, whole } = body ? entriesOf(provider, rule, body, tokens) : { entries: [], whole: true };
      // Of a list that was cut, the one that is left is no choice of the person's.
      if (entries.length > 1 || (entries.length === 1 && !whole)) found.offered.push({ name: rule.name, entries });
      else if (entries[0]) Object.assign(found.extras, entries[0].extras);
      else found.missing.push(...Object.keys(rule.fields));
      continue;
    }
    for (const [name, path] of Object.entries(rule.fields)) {
      const value = body ? pickExtras(provider, body, [path], 'drop', tokens)[path] : undefined;
      if (value === undefined) found.missing.push(name);
      else found.extras[name] = value;
    }
  }
  return found;
}
