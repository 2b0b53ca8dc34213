import type { ProviderRecord } from '#lib/providers/record';

/** A check that a record leaves out dangerously, in words for administrators. */
export type Relaxation =
  | 'without PKCE'
  | 'without nonce'
  | 'without ID token'
  | 'secrets in URLs'
  | 'hosts that people type';

const words: ReadonlyMap<string, Relaxation> = new Map([
  ['dangerously_without_pkce', 'without PKCE'],
  ['dangerously_without_nonce', 'without nonce'],
  ['dangerously_without_id_token', 'without ID token'],
  ['dangerously_token_request_in_query', 'secrets in URLs'],
  ['dangerously_by_get', 'secrets in URLs'],
  ['dangerously_with_typed_hosts', 'hosts that people type'],
]);

const isOn = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value));

/** Every `dangerously_…` that a record or a part of it switches on, as its path: `token_renewal.dangerously_by_get`. */
export function relaxedFields(part: object, within = ''): string[] {
  return Object.entries(part).flatMap(([name, value]) => {
    const path = `${within}${name}`;
    if (name.startsWith('dangerously_')) return isOn(value) ? [path] : [];
    return typeof value === 'object' && value !== null ? relaxedFields(value, `${path}.`) : [];
  });
}

/** The same in words, each once. */
export function relaxationsOf(record: ProviderRecord): Relaxation[] {
  const all = relaxedFields(record).map((path) => words.get(path.slice(path.lastIndexOf('.') + 1)));
  return [...new Set(all)].filter((one) => one !== undefined);
}
