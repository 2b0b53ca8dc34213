import type { ProviderDescription } from '#lib/provider-check/describe-provider';

const authentication: Record<ProviderDescription['authMethod'], string> = {
  client_secret_basic: 'With its secret, in the header (client_secret_basic)',
  client_secret_post: 'With its secret, in the body (client_secret_post)',
  client_secret_jwt: 'With an assertion that its secret signs (client_secret_jwt)',
  private_key_jwt: 'With a signed assertion (private_key_jwt)',
  none: 'Not at all: a public client, which PKCE alone protects (none)',
};

const identities: Record<ProviderDescription['identity'], string> = {
  id_token: 'By the ID token, and userinfo for the rest',
  userinfo: 'By userinfo',
  endpoint: 'By an address of the provider’s API',
  token_answer: 'By the answer to the code',
  introspection: 'By introspection',
  none: 'Not at all: the person names each connection',
};

const radius: Record<ProviderDescription['revoke']['blast_radius'], string> = {
  token: 'it ends this token and its descendants',
  grant: 'it ends the whole grant',
  account: 'it ends every grant of the account with this client',
};

const pkce = ({ relaxations }: ProviderDescription): string =>
  relaxations.includes('dangerously_without_pkce')
    ? 'Not used: the record switches it off. State and session alone protect the code.'
    : 'Always, with S256';

function rotation({ rotation: kind, idleDays }: ProviderDescription): string {
  const idle = idleDays === null ? '' : `, and a grant that is not refreshed for ${idleDays} days ends`;
  if (kind === 'none') return `The refresh token stays${idle}`;
  if (kind === 'rotate') return `Each refresh brings a new refresh token, and the old one is dead at once${idle}`;
  return `Each refresh brings a new refresh token; the old one is forgiven for ${kind.leeway_s} seconds${idle}`;
}

function revoking({ revoke }: ProviderDescription): string {
  if (revoke.style === 'none')
    return revoke.manual_url ? `The hub cannot; people do it at ${revoke.manual_url}` : 'The hub cannot';
  return `At the provider: ${radius[revoke.blast_radius]}`;
}

function endpointsFrom({ discovery, endpoints }: ProviderDescription): string {
  if (discovery === 'none') return 'As the record says';
  const written = endpoints.some(({ url }) => url !== null);
  return written ? 'As the record says; the others as the server’s metadata says' : 'As the server’s metadata says';
}

/** What the hub does with a provider, as its record says, in words. */
export function recordWords(about: ProviderDescription): [label: string, text: string][] {
  const { authMethod, learntEncodings, issPolicy, expiresDefault, identity, absentScope } = about;
  const [first] = learntEncodings;
  const others = learntEncodings.length - 1;
  const hosts = first && (others > 0 ? `${first.host} and ${others} more` : first.host);
  const learnt = first
    ? `. The hub found out that the header is read in the encoding ${first.encoding} only, against the record, at ${hosts}`
    : '';
  return [
    ['Endpoints', endpointsFrom(about)],
    ['Proves itself', authentication[authMethod] + learnt],
    ['PKCE', pkce(about)],
    [
      'Issuer (iss)',
      issPolicy === 'required'
        ? 'Required on the redirect, and compared'
        : 'Compared where it comes; required where the server announces it',
    ],
    ['Learns the account', identities[identity]],
    [
      'Silent scopes',
      absentScope === 'as_asked'
        ? 'An answer without scopes grants what was asked'
        : 'An answer without scopes says nothing',
    ],
    [
      'Token life',
      expiresDefault === null ? 'As the answer says' : `As the answer says, else ${expiresDefault} seconds`,
    ],
    ['Refreshing', rotation(about)],
    ['Revoking', revoking(about)],
  ];
}
