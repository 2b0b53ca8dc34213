import { valueAt } from '#lib/oauth/provider-call';
import type { ScopeSeparator } from '#lib/oauth/types';

/** Text that a database of UTF-8 can hold: no NUL, no half of a surrogate pair. */
export const isStorable = (text: string) => text.isWellFormed() && !text.includes('\0');

/** Names of scopes in a list, an object of switches, or text; null for anything else. */
function scopeWords(value: unknown, separator: ScopeSeparator): string[] | null {
  if (typeof value === 'string') {
    const list = listIn(value);
    if (list !== null) return list;
    // Some write the separator of a URL into JSON.
    return value.split(separator === ' ' ? /(?:\s|%20)+/ : separator);
  }
  if (Array.isArray(value)) {
    const words = value.map((one) => scopeWords(nameOf(one) ?? one, separator));
    return words.includes(null) && words.every((one) => one === null) ? null : words.flatMap((one) => one ?? []);
  }
  if (typeof value !== 'object' || value === null) return null;
  const switches = Object.entries(value).filter(([, on]) => /^(?:true|false|[01])$/.test(String(on)));
  return switches.length === 0
    ? null
    : switches.filter(([, on]) => /^(?:true|1)$/.test(String(on))).map(([name]) => name);
}

/**
 * The entries of a list that was printed into text: as JSON, as servers in Java print one (`[read, write]`), or text in
 * quotes, which no scope has (RFC 6749 §3.3). Null for other text.
 */
function listIn(text: string): string[] | null {
  const inner = /^\s*(?:\[([^[\]]*)\]|"([^"]*)")\s*$/.exec(text);
  return inner ? (inner[1] ?? inner[2] ?? '').split(/[\s,"']+/) : null;
}

/** The keys that name an entry of a list. */
function nameOf(entry: unknown): unknown {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return undefined;
  return ['scope', 'name', 'id'].map((name) => valueAt(entry, name)).find((value) => typeof value === 'string');
}

/** Splits granted scopes, each once; null where the answer names none. A value that no text can hold is no scope. */
export function parseScopes(value: unknown, separator: ScopeSeparator): string[] | null {
  const words = scopeWords(value, separator)?.map((word) => word.trim());
  return words ? [...new Set(words.filter((word) => word !== '' && isStorable(word)))] : null;
}
