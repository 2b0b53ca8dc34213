import { unchosen } from '#lib/connections/needs-person';
import { whyReconnect } from '#lib/connections/reconnect-words';
import type { ConnectionView, DisplayStatus, ProofView } from '#lib/connections/views';

export type Tone = 'good' | 'due' | 'warn' | 'bad' | 'frozen' | 'quiet';

/** The word and the tone of each state; the icon is chosen beside the markup. */
export const statusWords: Record<DisplayStatus, { word: string; tone: Tone }> = {
  connected: { word: 'Connected', tone: 'good' },
  refresh_due: { word: 'Refresh due', tone: 'due' },
  needs_reconnect: { word: 'Needs reconnect', tone: 'warn' },
  frozen: { word: 'Frozen', tone: 'frozen' },
  revoked: { word: 'Revoked', tone: 'quiet' },
};

type Explained = Pick<
  ConnectionView,
  | 'status'
  | 'beneath'
  | 'statusReason'
  | 'providerError'
  | 'missingScopes'
  | 'revocation'
  | 'choices'
  | 'missing'
  | 'looksAgainAt'
  | 'lastRefreshError'
> & {
  provider: { name: string };
};

/** What a state means for the person, where it needs saying: plainly, without blame, with what to do now. */
export function explainStatus(connection: Explained): string | null {
  const { status, statusReason, providerError, missingScopes, revocation, provider } = connection;
  if (status === 'needs_reconnect') {
    const sentence = `${whyReconnect(statusReason, provider.name)} Reconnect to continue.`;
    return providerError ? `${sentence} The code of ${provider.name} is ${providerError}.` : sentence;
  }
  if (status === 'frozen') {
    const paused = 'An administrator has paused this connection. Services get nothing from it meanwhile.';
    return connection.beneath === 'needs_reconnect' ? `${paused} Afterwards you need to reconnect it.` : paused;
  }
  if (status === 'revoked') return explainRevocation(revocation, provider.name);
  if (missingScopes.length > 0) {
    return missingScopes.length === 1
      ? `${provider.name} did not grant one of the permissions asked for.`
      : `${provider.name} did not grant ${missingScopes.length} of the permissions asked for.`;
  }
  const open = unchosen(connection);
  if (open) return `Choose ${article(open)} to finish. Services do not know which one to use yet.`;
  if (connection.missing.length > 0) {
    const lost = `${provider.name} did not answer everything about this account.`;
    return connection.looksAgainAt ? `${lost} The hub asks again.` : `${lost} Reconnect to ask again.`;
  }
  // It stays so until the provider renews this grant or another one, so reconnecting may be the quicker way.
  if (connection.lastRefreshError === 'refresh_refused')
    return `${provider.name} refused to renew this connection and does not say why. The hub tries again. Reconnect if it stays so.`;
  if (connection.lastRefreshError !== null)
    return `${provider.name} did not renew this connection at the last attempt. The hub tries again.`;
  return null;
}

/** A word with its article. */
export const article = (word: string): string => `${/^[aeiou]/i.test(word) ? 'an' : 'a'} ${word}`;

/** How far the revocation at the provider has come, for a person. */
export function explainRevocation(revocation: ConnectionView['revocation'], provider: string): string {
  const here = 'Disconnected here. No service can use it any more.';
  if (!revocation) return here;
  switch (revocation.state) {
    case 'pending':
      return revocation.attempts > 0
        ? `${here} ${provider} has not confirmed yet and is asked again until it does.`
        : `${here} ${provider} is being told.`;
    case 'revoked_upstream':
      return `Disconnected here and at ${provider}.${provenSentence(revocation.proof.state, provider)}`;
    case 'unsupported':
      return `${here} ${provider} cannot be told by other sites: remove the access on its own page too.`;
    case 'failed':
      return `${here} ${provider} could not be told: remove the access on its own page too.`;
  }
}

/** What a person needs to know of the proof: that the token is dead, or that it is not. */
function provenSentence(proof: ProofView['state'], provider: string): string {
  if (proof === 'proved') return ` The old access was tried afterwards: ${provider} refuses it.`;
  if (proof === 'still_accepted' || proof === 'due') return ` ${provider} still accepts the old access for a while.`;
  return '';
}
