import { createPublicKey, type KeyObject } from 'node:crypto';
import { jwtVerify } from 'jose';
import { basicParts } from '#demo/odd/client';
import type { Asked, Oddity, OddParts } from '#demo/odd/oddity';

const toForm = (text: string): string => new URLSearchParams({ value: text }).toString().slice('value='.length);

/** Rewrites raw credentials as the standard server reads them. */
function encode(asked: Asked): void {
  const parts = basicParts(asked);
  if (!parts) return;
  asked.headers.authorization = `Basic ${Buffer.from(parts.map(toForm).join(':')).toString('base64')}`;
}

/** Reads HTTP Basic only with the secret as its user and nothing after the colon. */
function takeSecretAlone(asked: Asked, { clientId }: OddParts): void {
  const parts = basicParts(asked);
  if (!parts) return;
  const [secret, rest] = parts;
  asked.headers.authorization = `Basic ${Buffer.from(`${rest === '' ? clientId : ''}:${secret}`).toString('base64')}`;
}

/** Takes an assertion of RFC 7523 in place of the secret, and nothing else. */
async function takeAssertion(
  asked: Asked,
  server: OddParts,
  audience: string,
  issuer = server.clientId,
  key: KeyObject | Uint8Array = createPublicKey(server.clientKey),
): Promise<void> {
  if (!['token', 'pushed', 'revocation', 'introspection'].includes(asked.place)) return;
  const assertion = asked.parameters.get('client_assertion') ?? '';
  const known = { audience, issuer, subject: server.clientId };
  const right = await jwtVerify(assertion, key, known).catch(() => null);
  asked.parameters.set('client_id', right ? server.clientId : '');
  asked.parameters.set('client_secret', right ? server.clientSecret : '');
}

const assertionLines = ({ clientKey }: OddParts) => ({
  token_endpoint_auth_method: 'private_key_jwt',
  client_private_key: clientKey,
});

/** How the client shows who it is. */
export const clientRows: readonly Oddity[] = [
  {
    name: 'basic_undecoded',
    cases: ['P-01'],
    does: 'It reads the id and the secret of HTTP Basic without decoding them.',
    touches: ['client'],
    asked: encode,
  },
  {
    name: 'basic_undecoded_by_record',
    cases: ['P-01'],
    does: 'It reads HTTP Basic without decoding it, and the record says so.',
    touches: ['client'],
    asked: encode,
    record: { basic_encoding: 'raw' },
  },
  {
    name: 'secret_in_the_body',
    cases: ['P-01'],
    does: 'It takes the secret in the body only.',
    touches: ['client'],
    asked: ({ headers }) => {
      if (/^basic /i.test(headers.authorization ?? '')) delete headers.authorization;
    },
    record: { token_endpoint_auth_method: 'client_secret_post' },
  },
  {
    name: 'assertion_by_the_secret',
    cases: ['P-02'],
    does: 'It takes assertions that the secret signs.',
    touches: ['client'],
    asked: (asked, server) =>
      takeAssertion(asked, server, server.issuer(), server.clientId, new TextEncoder().encode(server.clientSecret)),
    record: { token_endpoint_auth_method: 'client_secret_jwt' },
  },
  {
    name: 'assertion_for_the_issuer',
    cases: ['P-02'],
    does: 'It takes signed assertions for its issuer only.',
    touches: ['client'],
    asked: (asked, server) => takeAssertion(asked, server, server.issuer()),
    record: assertionLines,
  },
  {
    name: 'assertion_for_the_token_endpoint',
    cases: ['P-02'],
    does: 'It takes signed assertions for its token endpoint only.',
    touches: ['client'],
    asked: (asked, server) => takeAssertion(asked, server, `${server.origin}/token`),
    record: (server) => ({ ...assertionLines(server), client_assertion_audience: 'token_endpoint' }),
  },
  {
    name: 'assertion_of_the_redirect_host',
    cases: ['P-02'],
    does: 'It takes signed assertions of the host of the redirect URI, for a name of its own.',
    touches: ['client'],
    asked: (asked, server) => takeAssertion(asked, server, 'https://odd.example', 'hub.example'),
    record: (server) => ({
      ...assertionLines(server),
      client_assertion_issuer: 'hub.example',
      client_assertion_audience: 'https://odd.example',
    }),
  },
  {
    name: 'assertion_as_the_secret',
    cases: ['P-02'],
    does: 'It takes a signed assertion under the name of the secret, and knows no other parameter for it.',
    touches: ['client'],
    asked: async (asked, server) => {
      const { parameters } = asked;
      const foreign = ['client_assertion', 'client_assertion_type'].some((name) => parameters.has(name));
      parameters.set('client_assertion', (foreign ? null : parameters.get('client_secret')) ?? '');
      await takeAssertion(asked, server, server.issuer());
    },
    record: (server) => ({
      ...assertionLines(server),
      token_param_names: { client_assertion: 'client_secret', client_assertion_type: null },
    }),
  },
  {
    name: 'secret_alone_in_basic',
    cases: ['P-01'],
    does: 'It takes the secret as the user of HTTP Basic, without a password.',
    touches: ['client'],
    asked: takeSecretAlone,
    record: { basic_user: 'client_secret' },
  },
  {
    name: 'client_id_in_the_body_too',
    cases: ['P-01'],
    does: 'It takes HTTP Basic only where the body names the client again.',
    touches: ['client'],
    asked: (asked) => {
      if (basicParts(asked) && !asked.parameters.has('client_id')) delete asked.headers.authorization;
    },
    record: { client_id_in_body: true },
  },
];
