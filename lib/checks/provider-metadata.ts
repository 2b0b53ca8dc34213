import type { Observation, ProviderCheck } from '#lib/checks/check';
import { factsOf } from '#lib/checks/metadata-facts';
import { keepMetadata } from '#lib/checks/metadata-history';
import type { ProviderSubject } from '#lib/checks/provider-subject';

/** What the metadata announces that protects a flow, in words. */
function announcedWords(document: Readonly<Record<string, unknown>>): string {
  const facts = factsOf(document);
  const list = (name: string) => (Array.isArray(facts[name]) ? (facts[name] as string[]).slice(0, 6).join(' ') : '');
  const words = [
    `PKCE ${list('code_challenge_methods_supported') || 'not announced'}`,
    facts.authorization_response_iss_parameter_supported === true ? 'iss' : 'no iss',
    facts.pushed_authorization_request_endpoint ? 'PAR' : 'no PAR',
    facts.dpop_signing_alg_values_supported ? 'DPoP' : 'no DPoP',
    facts.revocation_endpoint ? 'revocation' : 'no revocation',
    facts.introspection_endpoint ? 'introspection' : 'no introspection',
    `client authentication ${list('token_endpoint_auth_methods_supported') || 'not announced'}`,
    Array.isArray(facts.scopes_supported) ? `${facts.scopes_supported.length} scopes` : 'scopes not announced',
  ];
  return `It announces: ${words.join(', ')}.`;
}

async function look(subject: ProviderSubject): Promise<Observation> {
  const { ctx, provider, probe } = subject;
  const { document, findings } = await subject.metadata();
  const [told] = findings;
  const lookedAt = told?.lookedAt ?? provider.issuer;
  if (!document)
    return { result: 'unknown', lookedAt, found: told?.found ?? 'No metadata was found.', mend: told?.mend };
  const wrong = findings.find(({ check, result }) => check === 'issuer' && result === 'fails');
  if (wrong) return { result: 'fails', lookedAt: wrong.lookedAt, found: wrong.found, mend: wrong.mend };
  // One server for each account, where the issuer has parts of one: each has a history of its own.
  const issuer = provider.issuer.replaceAll(/\{([a-z][a-z0-9_]*)\}/g, (whole, name) => probe.parts?.[name] ?? whole);
  const { first, changes, moved } = await keepMetadata(ctx, provider, issuer, document);
  if (moved.length > 0)
    return {
      result: 'fails',
      lookedAt,
      found: `The metadata moves ${moved.join(', ')} to another host. The hub does not follow: its calls there fail.`,
      mend: 'Ask the provider. Where the move is right, accept it on the page of the provider.',
    };
  const changed =
    changes.length > 0 ? `Changed since the last look: ${changes.map(({ name }) => name).join(', ')}. ` : '';
  const begun = first ? 'Seen for the first time. ' : '';
  return { result: 'passes', lookedAt, found: `${begun}${changed}${announcedWords(document)}` };
}

export const providerMetadata: ProviderCheck = {
  id: 'provider_metadata',
  name: 'Metadata against the last look',
  line: 'provider_change',
  scope: 'provider',
  alert: 'critical',
  look,
};
