import { randomBytes } from 'node:crypto';
import { basicHeader, learntEncodings } from '#lib/oauth/basic-credentials';
import { checkCallback } from '#lib/oauth/check-callback';
import { exchangeCode } from '#lib/oauth/exchange-code';
import { isOAuthError, type OAuthError } from '#lib/oauth/types';
import { failureWords } from '#lib/provider-check/failure-words';
import type { ResolvedProbe } from '#lib/provider-check/probe';
import type { Finding } from '#lib/provider-check/report';
import type { ProviderRecord } from '#lib/providers/record';

/** Nothing that a server ever issued. */
export const madeUp = (): string => `check-${randomBytes(24).toString('base64url')}`;

/** An issuer that the record takes: of a server for many tenants, that of one of them. */
const issuerOf = ({ provider: { tenant_issuer }, pinned }: ResolvedProbe): string =>
  tenant_issuer ? tenant_issuer.template.replace(/\{\w+\}/, tenant_issuer.tenants?.[0] ?? 'any') : pinned.issuer;

/** The product's own exchange, of a code that no server issued. @throws OAuthError, as it should */
async function exchangeMadeUpCode(probe: ResolvedProbe): Promise<void> {
  const { provider, pinned, redirectUri, parts } = probe;
  const state = madeUp();
  const answer = new URL(redirectUri);
  answer.search = new URLSearchParams({ [provider.code_field]: madeUp(), state, iss: issuerOf(probe) }).toString();
  const checked = checkCallback(provider, pinned, answer, { state });
  const exchange = {
    verifier: provider.dangerously_without_pkce ? null : randomBytes(32).toString('base64url'),
    nonce: madeUp(),
    redirectUri,
    scopes: provider.scopes,
    accountParams: parts,
  };
  const received = (tokens: ResolvedProbe['received'][number]) => void probe.received.push(tokens);
  await exchangeCode(provider, pinned, checked, exchange, { ...probe.deps, received });
}

/** Which of the readings of HTTP Basic the server takes (RFC 6749 §2.3.1, RFC 7617). */
function basicWords(provider: ProviderRecord, endpoint: string): Pick<Finding, 'found' | 'mend' | 'recordLine'> {
  if (provider.token_endpoint_auth_method !== 'client_secret_basic' || !provider.client_secret) return { found: '' };
  if (basicHeader(provider, 'form') === basicHeader(provider, 'raw'))
    return { found: ' Both encodings of client_secret_basic write these credentials alike.' };
  const learnt = learntEncodings(provider).get(new URL(endpoint).host);
  if (!learnt) return { found: ` The server reads client_secret_basic in the encoding ${provider.basic_encoding}.` };
  return {
    found: ` The server reads client_secret_basic in the encoding ${learnt} only; the hub found out by a second try.`,
    mend: 'Write the encoding into the record: then no second try is needed.',
    recordLine: `"basic_encoding": ${JSON.stringify(learnt)}`,
  };
}

const credentials = {
  client_secret_basic: 'client_id and the secret of client_secret_env',
  client_secret_post: 'client_id and the secret of client_secret_env',
  client_secret_jwt: 'client_id and the secret of client_secret_env',
  private_key_jwt: 'client_id, client_key_id and the public half of the key of client_private_key_env',
  none: 'client_id',
} as const;

/** Other ways to show the same id and secret, as lines of a record. */
const otherWays = {
  client_secret_basic: [{ client_id_in_body: true }, { token_endpoint_auth_method: 'client_secret_post' }],
  client_secret_post: [{ token_endpoint_auth_method: 'client_secret_basic' }],
} as const;

/** The line of the record by which the server knows the client that it refused; undefined: no other way helps. */
async function lineThatHelps(probe: ResolvedProbe): Promise<string | undefined> {
  const { token_endpoint_auth_method: fromMetadata, ...pinned } = probe.pinned;
  const method = fromMetadata ?? probe.provider.token_endpoint_auth_method;
  if (method !== 'client_secret_basic' && method !== 'client_secret_post') return undefined;
  for (const lines of otherWays[method]) {
    const error = await refusalOf({ ...probe, pinned, provider: { ...probe.provider, ...lines } });
    if (error?.code === 'invalid_grant') return JSON.stringify(lines).slice(1, -1).replace(':', ': ');
  }
  return undefined;
}

const redirectCodes = new Set(['redirect_uri_mismatch', 'invalid_redirect_uri']);

function refusedFindings({ provider, pinned, redirectUri }: ResolvedProbe, error: OAuthError): Finding[] {
  const lookedAt = pinned.token_endpoint;
  const method = pinned.token_endpoint_auth_method ?? provider.token_endpoint_auth_method;
  const client = { check: 'client_authentication', lookedAt: `${method} at ${lookedAt}` } as const;
  const answers: Finding = {
    check: 'token_endpoint',
    result: 'passes',
    lookedAt,
    found: 'The endpoint answers as RFC 6749 says.',
  };
  const said = error.providerError ?? error.code;
  const known: Finding = {
    ...client,
    result: 'passes',
    found: `The server knows the client: it refused a made-up code with ${said}.`,
  };
  if (error.code === 'invalid_grant') {
    const basic = basicWords(provider, lookedAt);
    return [answers, { ...known, ...basic, found: known.found + basic.found }];
  }
  if (redirectCodes.has(said)) {
    const mend = `Register ${redirectUri} in the console of the provider, letter by letter.`;
    const found = `The token endpoint refuses this redirect URI with ${said}.`;
    return [answers, known, { check: 'redirect_uri', result: 'fails', lookedAt: redirectUri, found, mend }];
  }
  const unauthenticated = said === 'unauthorized_client' && (error.cause as Error)?.message === 'http_401';
  if (said === 'unauthorized_client' && !unauthenticated) {
    const mend = 'Allow the authorization code grant for the application in the console of the provider.';
    return [answers, { ...client, result: 'fails', found: `The client may not use codes: ${said}.`, mend }];
  }
  if (error.code === 'invalid_client' || unauthenticated) {
    const local = error.providerError === undefined && !/^http_/.test(String((error.cause as Error)?.message));
    return [
      ...(local ? [] : [answers]),
      {
        ...client,
        result: 'fails',
        found: local ? 'The key of the client cannot be read.' : `The server does not know the client: ${said}.`,
        mend: `Compare ${credentials[method]} with the console of the provider, and which method the application is to use there.`,
      },
    ];
  }
  if (error.code === 'request_rejected' || error.code === 'invalid_scope')
    return [
      answers,
      {
        ...client,
        result: 'unknown',
        found: `The server refused the request with ${said}, which does not say whether it knows the client.`,
        mend: 'Compare token_params and token_request_format of the record with the documentation of the provider.',
      },
    ];
  return [
    {
      check: 'token_endpoint',
      result: 'fails',
      lookedAt,
      mend: 'Correct token_endpoint in the record.',
      ...failureWords(error),
    },
    { ...client, result: 'unknown', found: 'The token endpoint gave no answer that tells.' },
  ];
}

/**
 * Shows the client's credentials with a code that no server issued: `invalid_grant` says that the client is known,
 * `invalid_client` that it is not (RFC 6749 §5.2).
 */
export async function checkClient(probe: ResolvedProbe): Promise<Finding[]> {
  const { client_secret_previous: previous } = probe.provider;
  if (!previous) return checkCredentials(probe);
  // Each by itself: together the hub would show the second one where the first is refused.
  const alone = { ...probe.provider, client_secret_previous: null };
  return [
    ...(await checkCredentials({ ...probe, provider: alone })),
    ...(await checkPrevious({ ...probe, provider: { ...alone, client_secret: previous } })),
  ];
}

/** Whether the server still takes the secret that was replaced: once it does not, the rotation is over. */
async function checkPrevious(probe: ResolvedProbe): Promise<Finding[]> {
  const [client] = (await checkCredentials(probe)).filter(({ check }) => check === 'client_authentication');
  if (!client) return [];
  const finding = { check: 'previous_secret', lookedAt: client.lookedAt } as const;
  if (client.result === 'passes')
    return [
      {
        ...finding,
        result: 'passes',
        found: 'The server still takes the previous client secret, as it should during a rotation.',
        mend: 'Once the hub no longer uses the previous secret, delete it in the console of the provider.',
      },
    ];
  if (client.result === 'fails')
    return [
      {
        ...finding,
        result: 'passes',
        found: 'The server refuses the previous client secret: the rotation is over.',
        mend: 'Take client_secret_previous out of the record.',
      },
    ];
  return [{ ...finding, result: 'unknown', found: 'The answer does not say whether the previous secret is alive.' }];
}

/** The refusal of a made-up code, as it should be; null where the server gave tokens. */
async function refusalOf(probe: ResolvedProbe): Promise<OAuthError | null> {
  try {
    await exchangeMadeUpCode(probe);
  } catch (error) {
    if (!isOAuthError(error)) throw error;
    if (probe.received.length === 0) return error;
  }
  return null;
}

async function checkCredentials(probe: ResolvedProbe): Promise<Finding[]> {
  const error = await refusalOf(probe);
  if (error) {
    const findings = refusedFindings(probe, error);
    const client = findings.find(({ check, mend }) => check === 'client_authentication' && mend);
    const recordLine = client && client.result !== 'passes' ? await lineThatHelps(probe) : undefined;
    if (!client || !recordLine) return findings;
    const found = `${client.found} It knows the client by the line below.`;
    const told: Finding = { ...client, result: 'fails', found, mend: 'Write this line into the record.', recordLine };
    return findings.map((one) => (one === client ? told : one));
  }
  return [
    {
      check: 'token_endpoint',
      result: 'fails',
      lookedAt: probe.pinned.token_endpoint,
      found: 'The server gave tokens for a made-up code. The hub hands them to its revocations.',
      mend: 'Do not use this server: it checks no authorization code.',
    },
  ];
}
