/** Why a connection needs its person, by the code that the ledger and `status_reason` have. No word of tokens. */
const reasons = new Map<string, (provider: string) => string>([
  [
    'ended_at_provider',
    (provider) => `${provider} ended this connection, as it does when you remove the access there.`,
  ],
  // What earlier versions wrote.
  ['invalid_grant', (provider) => `${provider} stopped accepting this connection.`],
  ['bad_refresh_token', (provider) => `${provider} stopped accepting this connection.`],
  ['answer_lost', (provider) => `An answer from ${provider} was lost on the way.`],
  [
    'suspected_theft',
    (provider) =>
      `${provider} ended this connection because somebody else used a copy of this access. Check your account at ${provider}.`,
  ],
  [
    'possible_theft',
    (provider) =>
      `${provider} ended this connection. Somebody else may have used a copy of this access. Check your account at ${provider}.`,
  ],
  ['token_rejected', (provider) => `${provider} no longer accepts the access that it gave.`],
  ['no_refresh_token', (provider) => `The access that ${provider} gave has ended.`],
]);

/** The codes with a sentence of their own. */
export const reconnectReasons: readonly string[] = [...reasons.keys()];

/** Why a connection needs its person, in a sentence for them. Other codes have a general one. */
export function whyReconnect(code: string | null, provider: string): string {
  return reasons.get(code ?? '')?.(provider) ?? `This connection to ${provider} no longer works.`;
}
