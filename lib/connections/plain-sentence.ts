import { historySentence, readFor, type ToldEntry } from '#lib/connections/history-sentence';

/** Entries that name tokens in their exact words, in words for the person of the account. */
const plain = new Map<string, string>([
  ['token.denied', 'Use refused'],
  ['token.refreshed', 'Renewed'],
  ['token.refresh_failed', 'Not renewed'],
  ['token.theft_suspected', 'A copy of this access was used by somebody else'],
  ['token.theft_possible', 'A copy of this access may have been used by somebody else'],
  ['revocation.finished', 'Ended at the provider'],
  ['revocation.failed', 'Not yet ended at the provider'],
  ['revocation.retried', 'Ending at the provider begun anew'],
  ['revocation.drilled', 'Disconnecting rehearsed'],
  ['revocation.let_go', 'Access that could not be ended given up'],
  ['replaced.finished', 'Earlier access ended at the provider'],
  ['replaced.failed', 'Earlier access not yet ended at the provider'],
  ['refused.kept', 'Access that was not stored handed over to be ended'],
  ['refused.finished', 'Access that was not stored ended at the provider'],
  ['refused.failed', 'Access that was not stored not yet ended at the provider'],
  ['person.mailed', 'You were told by mail'],
]);

const parts = new Map<string, string>([
  ['revocation', 'The old access'],
  ['replaced', 'The earlier access'],
  ['refused', 'Access that was not stored'],
]);

/** An entry as its person reads it: without a word of tokens. */
export function plainSentence(entry: ToldEntry): string {
  const { action, outcome, details } = entry;
  if (action === 'token.vended') return `Used${readFor(details)}`;
  const [part = '', what] = action.split('.');
  const name = parts.get(part);
  if (name && what === 'proved')
    return outcome === 'ok' ? `${name} tried: the provider refuses it` : `${name} still accepted by the provider`;
  const sentence = plain.get(action);
  if (!sentence) return historySentence(entry);
  if (details.state === 'unsupported') return `${name ?? 'Access'} not ended at the provider, which offers no way to`;
  if (details.state === 'failed') return `${name ?? 'Access'} not ended at the provider, which could not be told`;
  return sentence;
}
