import { basicHeader, learntEncodings } from '#lib/oauth/basic-credentials';
import type { OAuthError } from '#lib/oauth/types';
import { failureWords } from '#lib/provider-check/failure-words';
import { lineThatHelps, looksAtTheCodeFirst, refusalOf } from '#lib/provider-check/made-up-code';
import type { ResolvedProbe } from '#lib/provider-check/probe';
import type { Finding } from '#lib/provider-check/report';
import type { ProviderRecord } from '#lib/providers/record';

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

const untold = ({ check, lookedAt }: Finding): Finding => ({
  ...{ check, lookedAt, result: 'unknown' },
  found: 'The server refused a made-up code, also of a made-up secret: it does not tell whether it knows the client.',
  mend: 'Connect as yourself on the page of the provider: only a real code shows it.',
});

async function checkCredentials(probe: ResolvedProbe): Promise<Finding[]> {
  const error = await refusalOf(probe);
  if (error?.code === 'invalid_grant' && (await looksAtTheCodeFirst(probe)))
    return refusedFindings(probe, error).map((one) => (one.check === 'client_authentication' ? untold(one) : one));
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
