import { errorCodes } from '#lib/errors';
import { countedTo } from '#lib/status/provider-activity';

/** “1,204”, and “10,000+” where counting ended. */
export function countText(count: number): string {
  return count > countedTo ? `${countedTo.toLocaleString('en')}+` : count.toLocaleString('en');
}

const failures = new Map<string, string>([
  ['provider_timeout', 'It did not answer in time.'],
  ['provider_unreachable', 'It could not be reached. Nothing was sent to it.'],
  ['provider_unavailable', 'It broke off, or answered with a fault of its own.'],
  ['rate_limited', 'It asked for fewer calls.'],
  ['discovery_failed', 'Its metadata could not be read.'],
  ['invalid_grant', 'It no longer accepts that connection’s refresh token. Its person must reconnect.'],
  ['person_needed', 'It wants that connection’s person to sign in there. They must reconnect.'],
  ['refresh_refused', 'It refuses to renew that connection. The connection’s page has the provider’s own code.'],
  ['invalid_client', 'It rejects this hub’s client id or secret. Check the configuration.'],
  ['invalid_scope', 'It does not allow the scopes that the configuration asks for.'],
  ['request_rejected', 'It refuses the request as this hub makes it. Check the configuration.'],
  ['token_answer_invalid', 'Its answer could not be understood.'],
  ['answer_too_large', 'Its answer was too large.'],
  ['redirect_refused', 'It answered with a redirect, which is not followed.'],
  ['outbound_blocked', 'Its address is one that this hub does not call.'],
  ['discovery_issuer', 'Its metadata names another issuer.'],
  ['discovery_changed', 'Its metadata names other endpoints than before.'],
  ['discovery_redirected', 'Its metadata redirects to another server, which is not followed.'],
  ['discovery_incomplete', 'Its metadata lacks an endpoint.'],
]);

/** What a coded failure of a refresh means; never what the provider wrote. */
export function failureText(code: string | null): string {
  const known = failures.get(code ?? '');
  if (known) return known;
  return code !== null && Object.hasOwn(errorCodes, code)
    ? errorCodes[code as keyof typeof errorCodes][1]
    : 'The ledger and the log have the details.';
}
