import type { Flow } from '#lib/authorization/flow';
import { redirectUri } from '#lib/authorization/redirect-uri';
import type { Context } from '#lib/context';
import type { CodeTwice, FlowTrace } from '#lib/flow-trace/trace';
import type { CheckedCallback } from '#lib/oauth/check-callback';
import { exchangeCode } from '#lib/oauth/exchange-code';
import { isOAuthError, type ReceivedTokens } from '#lib/oauth/types';
import type { ProviderRecord } from '#lib/providers/record';

const firstEnds = 'It has revoked the connection of the first exchange already.';

/**
 * Shows a code that was exchanged once more, as a thief of the code would: the server must refuse it (RFC 6749 §4.1.2).
 * Only for a connection that this flow made and revoked: a server may end every token of the grant over it.
 * @param kept the fate of the connection
 * @param received is given the tokens that come against all expectation, for the revocations
 */
export async function showCodeTwice(
  ctx: Context,
  provider: ProviderRecord,
  { verifier, nonce, pinned, scopes, accountParams }: Flow,
  checked: CheckedCallback,
  { kept, received }: { kept: FlowTrace['kept']; received: ReceivedTokens[] },
): Promise<CodeTwice> {
  if (kept !== 'revoked') {
    const hub = 'It did not show the code again: the connection stays, and the server may end its tokens over that.';
    return { result: 'unknown', server: 'It was not asked.', hub };
  }
  const again = { verifier, nonce, scopes, redirectUri: redirectUri(ctx, provider), accountParams };
  const deps = { ...ctx, received: (tokens: ReceivedTokens) => void received.push(tokens) };
  try {
    await exchangeCode(provider, pinned, checked, again, deps);
  } catch (error) {
    if (!isOAuthError(error)) throw error;
    if (received.length === 0) {
      const said = error.providerError ? ` with ${error.providerError}` : '';
      return error.code === 'invalid_grant'
        ? { result: 'passes', server: `It refused the second exchange${said}.`, hub: firstEnds }
        : { result: 'unknown', server: `It gave no answer that tells (${error.code}).`, hub: firstEnds };
    }
  }
  const hub = 'It took no token of the second answer, and hands them to its revocations.';
  return { result: 'fails', server: 'It gave tokens for a code that was used before.', hub };
}
