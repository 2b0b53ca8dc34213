import { createHash } from 'node:crypto';
import { authorizationLocation } from '#lib/authorization/authorization-location';
import type { Observation, ProviderCheck } from '#lib/checks/check';
import type { ProviderSubject } from '#lib/checks/provider-subject';
import { isAppError } from '#lib/errors';
import { createFlowSecrets } from '#lib/oauth/authorization-request';
import { isOAuthError } from '#lib/oauth/types';
import { failureWords } from '#lib/provider-check/failure-words';
import type { ResolvedProbe } from '#lib/provider-check/probe';

/** The query, and the query within the fragment, as some pages read it there. */
const parametersOf = ({ search, hash }: URL) =>
  new URLSearchParams([...new URLSearchParams(search), ...new URLSearchParams(hash.slice(hash.indexOf('?') + 1))]);

/** Builds the address that a flow would send the browser to now, and recomputes its challenge (RFC 7636 §4.2). */
function faultOf(found: ResolvedProbe, intent: 'connect' | 'sign_in'): string | null {
  const secrets = createFlowSecrets();
  const { ctx, provider, pinned, parts } = found;
  const location = authorizationLocation(ctx, provider, pinned, { intent, secrets, accountParams: parts });
  const parameters = parametersOf(location);
  const expected = createHash('sha256').update(secrets.verifier).digest('base64url');
  if (parameters.getAll('code_challenge_method').join() !== 'S256') return 'has no code_challenge_method=S256';
  if (parameters.getAll('code_challenge').join() !== expected) return 'has no challenge of its verifier';
  return location.href.includes(secrets.verifier) ? 'shows the verifier itself' : null;
}

const textsOf = (value: unknown): string[] | null =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : null;

async function look(subject: ProviderSubject): Promise<Observation> {
  const { provider } = subject;
  const found = await subject.endpoints();
  if (!('pinned' in found))
    return { result: 'unknown', lookedAt: found.lookedAt, found: found.found, mend: found.mend };
  const lookedAt = `authorization request to ${found.pinned.authorization_endpoint}`;
  const intents = [provider.connect && 'connect', provider.sign_in && 'sign_in'] as const;
  for (const intent of intents) {
    if (!intent) continue;
    try {
      const fault = faultOf(found, intent);
      const off = provider.dangerously_without_pkce ? ' The record switches PKCE off.' : '';
      const mend = off
        ? 'Take dangerously_without_pkce out of the record, unless the provider refuses a challenge.'
        : undefined;
      if (fault)
        return { result: 'fails', lookedAt, found: `The request that the hub would send now ${fault}.${off}`, mend };
    } catch (error) {
      if (isAppError(error) && error.code === 'pkce_required')
        return { result: 'fails', lookedAt, found: 'The request would leave without PKCE; the hub blocks it.' };
      if (isOAuthError(error)) return { result: 'unknown', lookedAt, ...failureWords(error) };
      throw error;
    }
  }
  const { document } = await subject.metadata();
  const methods = textsOf(document?.code_challenge_methods_supported);
  if (methods && !methods.includes('S256')) {
    const said = methods.slice(0, 8).join(', ') || 'none';
    const mend = 'Ask the provider why its server no longer announces S256: without it, a stolen code can be spent.';
    return { result: 'fails', lookedAt, found: `The hub sends S256, and the server announces ${said}.`, mend };
  }
  const announced = methods ? 'The server announces S256.' : 'The server does not say whether it knows PKCE.';
  return {
    result: 'passes',
    lookedAt,
    found: `The request that the hub would send now has a challenge with S256. ${announced}`,
  };
}

export const pkce: ProviderCheck = {
  id: 'pkce',
  name: 'PKCE in the authorization request',
  line: 'pkce',
  scope: 'provider',
  alert: 'critical',
  look,
};
