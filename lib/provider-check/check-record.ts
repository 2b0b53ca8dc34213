import type { MetadataDocument } from '#lib/provider-check/check-metadata';
import type { Probe } from '#lib/provider-check/probe';
import type { Finding } from '#lib/provider-check/report';
import type { ProviderRecord } from '#lib/providers/record';

const texts = (value: unknown): string[] | null =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : null;

const shown = (list: readonly string[]): string => list.slice(0, 8).join(', ') || 'none';

const endpoints = [
  'authorization_endpoint',
  'token_endpoint',
  'revocation_endpoint',
  'introspection_endpoint',
  'pushed_authorization_request_endpoint',
  'userinfo_endpoint',
  'jwks_uri',
] as const;

function differingEndpoints(provider: ProviderRecord, document: MetadataDocument): Finding[] {
  return endpoints.flatMap((name): Finding[] => {
    const [own, said] = [provider[name], document[name]];
    if (own === null || typeof said !== 'string' || said === '' || own === said || own.includes('{')) return [];
    return [
      {
        check: 'record',
        result: 'unknown',
        lookedAt: name,
        found: `The record says ${own}, the metadata says ${said}. The hub goes by the record.`,
        mend: `Take ${name} out of the record, unless you want another endpoint than the server's own.`,
        recordLine: `"${name}": ${JSON.stringify(said)}`,
      },
    ];
  });
}

/** A list of the metadata that lacks what the hub would use. */
function lacking(provider: ProviderRecord, document: MetadataDocument): Finding[] {
  const findings: Finding[] = [];
  const methods = texts(document.token_endpoint_auth_methods_supported);
  const ours = provider.token_endpoint_auth_method;
  // Where the record leaves it open, the hub goes by the server.
  const leftOpen = !provider.auth_method_written && methods?.includes('client_secret_post');
  if (methods && !methods.includes(ours) && !leftOpen) {
    const other = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'].find((one) =>
      methods.includes(one),
    );
    findings.push({
      check: 'record',
      result: 'fails',
      lookedAt: 'token_endpoint_auth_method',
      found: `The record says ${ours}; the server takes ${shown(methods)}.`,
      mend: 'Use a method that the server takes.',
      recordLine: other ? `"token_endpoint_auth_method": ${JSON.stringify(other)}` : undefined,
    });
  }
  const scopes = texts(document.scopes_supported);
  const unlisted = scopes ? provider.scopes.filter((scope) => !scopes.includes(scope)) : [];
  if (unlisted.length > 0)
    findings.push({
      check: 'record',
      result: 'unknown',
      lookedAt: 'scopes',
      found: `The metadata does not list ${shown(unlisted)}. Servers may leave scopes out of their list (RFC 8414 §2).`,
      mend: 'Compare the names of the scopes with the documentation of the provider.',
    });
  const grants = texts(document.grant_types_supported);
  if (grants && !grants.includes('authorization_code'))
    findings.push({
      check: 'record',
      result: 'fails',
      lookedAt: 'grant_types_supported',
      found: `The server offers ${shown(grants)}, and not authorization_code.`,
      mend: 'Switch the authorization code grant on at the provider.',
    });
  return findings;
}

/** Compares the record with the server's own metadata (RFC 8414 §2). */
export function checkRecord({ provider }: Pick<Probe, 'provider'>, document: MetadataDocument): Finding[] {
  const findings = [...differingEndpoints(provider, document), ...lacking(provider, document)];
  if (findings.length > 0) return findings;
  const found = 'The metadata says nothing against the record.';
  return [{ check: 'record', result: 'passes', lookedAt: provider.id, found }];
}

/** Whether the server announces PKCE with S256 (RFC 8414 §2, RFC 9700 §2.1.1). */
export function checkPkce({ provider }: Pick<Probe, 'provider'>, document: MetadataDocument | null): Finding {
  const base = { check: 'pkce', lookedAt: 'code_challenge_methods_supported' } as const;
  const methods = texts(document?.code_challenge_methods_supported);
  const off = provider.dangerously_without_pkce;
  if (methods?.includes('S256')) {
    if (!off) return { ...base, result: 'passes', found: 'The server announces S256, and the hub uses it.' };
    const mend = 'Take dangerously_without_pkce out of the record.';
    return { ...base, result: 'fails', found: 'The server announces S256, and the record switches PKCE off.', mend };
  }
  if (methods)
    return {
      ...base,
      result: off ? 'passes' : 'fails',
      found: `The server announces ${shown(methods)}, and not S256.${off ? ' The record switches PKCE off.' : ''}`,
      mend: off ? undefined : 'Ask the provider for S256. Only where it refuses the challenge, switch PKCE off.',
      recordLine: off ? undefined : '"dangerously_without_pkce": true',
    };
  const found = document
    ? 'The metadata does not say whether the server knows PKCE.'
    : 'No metadata says whether the server knows PKCE.';
  const used = off
    ? ' The record switches PKCE off: an authorization code is then protected by state and session alone.'
    : ' The hub sends a challenge with S256 all the same; most servers that do not know it ignore it.';
  return { ...base, result: 'unknown', found: found + used };
}

/** Whether the server names itself on the redirect (RFC 9207). */
export function checkIss({ provider }: Pick<Probe, 'provider'>, document: MetadataDocument | null): Finding {
  const base = { check: 'iss', lookedAt: 'authorization_response_iss_parameter_supported' } as const;
  const announced = document?.authorization_response_iss_parameter_supported === true;
  if (announced || provider.authorization_response_iss_parameter_supported)
    return { ...base, result: 'passes', found: 'The server names itself on the redirect, and the hub requires it.' };
  if (provider.iss_policy === 'required')
    return {
      ...base,
      result: 'unknown',
      found: 'The record requires iss on the redirect, and the metadata does not announce it.',
      mend: 'Where connecting ends with iss_missing, let the record take an answer without it.',
      recordLine: '"iss_policy": "if_present"',
    };
  const found =
    'The server does not announce iss. The redirect URI of its own keeps its answers apart from those of others.';
  return { ...base, result: 'unknown', found };
}
