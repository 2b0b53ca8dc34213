import type { OAuthProvider } from '#lib/oauth/types';
import { once } from '#lib/process-parts';

/** A record's two secrets: during a rotation the server takes both. */
export type WhichSecret = 'current' | 'previous';

/** How often a secret was shown, and how often the server refused it. */
export interface SecretTally {
  uses: number;
  refusals: number;
}

/** So long the previous secret goes first where the current one was refused. Then the current one is tried again. */
const preferPreviousMs = 5 * 60_000;
/** Servers that are remembered; one that is forgotten costs one more request. */
const mostServers = 1000;

const preferred = () => once('oauth.previous-secrets', () => new Map<string, number>());
const tallies = () => once('oauth.secret-tallies', () => new Map<string, Record<WhichSecret, SecretTally>>());
const nameOf = ({ id, issuer, client_id }: OAuthProvider, host = '') => JSON.stringify([id, issuer, client_id, host]);

/** The record as it was before the rotation: its previous secret in the place of the current one. */
export const asPrevious = <Provider extends OAuthProvider>(provider: Provider): Provider => ({
  ...provider,
  client_secret: provider.client_secret_previous,
  client_secret_previous: provider.client_secret,
});

/** The secrets to show to a server, the likelier first. @param now milliseconds since 1970 */
export function secretsToTry(provider: OAuthProvider, host: string, now: number): WhichSecret[] {
  if (!provider.client_secret_previous) return ['current'];
  const until = preferred().get(nameOf(provider, host)) ?? 0;
  return until > now ? ['previous', 'current'] : ['current', 'previous'];
}

/** Counts that a server took a secret or refused it. */
export function countSecret(provider: OAuthProvider, which: WhichSecret, refused: boolean): void {
  const all = tallies();
  const name = nameOf(provider);
  const tally = all.get(name) ?? { current: { uses: 0, refusals: 0 }, previous: { uses: 0, refusals: 0 } };
  tally[which][refused ? 'refusals' : 'uses'] += 1;
  all.set(name, tally);
}

/** Remembers that a server took this secret after it had refused the other one. @param now milliseconds since 1970 */
export function preferSecret(provider: OAuthProvider, host: string, which: WhichSecret, now: number): void {
  const known = preferred();
  const name = nameOf(provider, host);
  known.delete(name);
  if (which === 'current') return;
  known.set(name, now + preferPreviousMs);
  for (const oldest of known.keys()) if (known.size > mostServers) known.delete(oldest);
}

/** What was counted of a record since the last call, or undefined. The caller owns it then. */
export function takeTally(provider: OAuthProvider): Record<WhichSecret, SecretTally> | undefined {
  const name = nameOf(provider);
  const tally = tallies().get(name);
  tallies().delete(name);
  return tally;
}

/** Gives a tally back that could not be kept. */
export function returnTally(provider: OAuthProvider, tally: Record<WhichSecret, SecretTally>): void {
  const since = takeTally(provider);
  for (const which of ['current', 'previous'] as const) {
    tally[which].uses += since?.[which].uses ?? 0;
    tally[which].refusals += since?.[which].refusals ?? 0;
  }
  tallies().set(nameOf(provider), tally);
}
