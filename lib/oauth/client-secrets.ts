import type { OAuthProvider, SecretText } from '#lib/oauth/types';
import { once } from '#lib/process-parts';

/** A record's two secrets: during a rotation the server takes both. */
export type WhichSecret = 'current' | 'previous';

/** How often a secret was shown, and how often the server refused it. */
export interface SecretTally {
  secret: SecretText;
  uses: number;
  refusals: number;
}

/** So long the previous secret goes first where the current one was refused. Then the current one is tried again. */
const preferPreviousMs = 5 * 60_000;
/** Servers that are remembered; one that is forgotten costs one more request. */
const mostServers = 1000;

const preferred = () => once('oauth.previous-secrets', () => new Map<string, number>());
/** By record, then by the secret itself: a record that is read again may have others. */
const tallies = () => once('oauth.secret-tallies', () => new Map<string, Map<string, SecretTally>>());
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
  const secret = which === 'current' ? provider.client_secret : provider.client_secret_previous;
  if (secret) add(provider, { secret, uses: refused ? 0 : 1, refusals: refused ? 1 : 0 });
}

function add(provider: OAuthProvider, { secret, uses, refusals }: SecretTally): void {
  const name = nameOf(provider);
  const ofRecord = tallies().get(name) ?? new Map<string, SecretTally>();
  tallies().set(name, ofRecord);
  const key = secret.reveal();
  const known = ofRecord.get(key) ?? { secret, uses: 0, refusals: 0 };
  ofRecord.set(key, { secret, uses: known.uses + uses, refusals: known.refusals + refusals });
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

/** What was counted of a record's secrets since the last call. The caller owns it then. */
export function takeTallies(provider: OAuthProvider): SecretTally[] {
  const name = nameOf(provider);
  const taken = [...(tallies().get(name)?.values() ?? [])];
  tallies().delete(name);
  return taken;
}

/** Gives tallies back that could not be kept. */
export function returnTallies(provider: OAuthProvider, taken: readonly SecretTally[]): void {
  for (const tally of taken) add(provider, tally);
}
