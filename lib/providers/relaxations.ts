import type { ProviderRecord } from '#lib/providers/record';

/** A check that a record leaves out dangerously, in words for administrators. */
export type Relaxation = 'without PKCE' | 'without nonce' | 'without ID token' | 'secrets in URLs';

/** What a record leaves out dangerously. */
export function relaxationsOf(record: ProviderRecord): Relaxation[] {
  const calls = [record.token_upgrade, record.token_renewal];
  const inUrls = record.dangerously_token_request_in_query !== null || calls.some((call) => call?.dangerously_by_get);
  const all: [Relaxation, boolean][] = [
    ['without PKCE', record.dangerously_without_pkce],
    ['without nonce', record.dangerously_without_nonce],
    ['without ID token', record.dangerously_without_id_token],
    ['secrets in URLs', inUrls],
  ];
  return all.filter(([, is]) => is).map(([words]) => words);
}
