import { editAnswer, editAsked } from '#demo/odd/edits';
import type { Asked, Oddity, OddParts } from '#demo/odd/oddity';

const site = { name: 'site', label: 'Site', pattern: '^[a-z0-9][a-z0-9-]{0,59}$', example: 'acme' };

/** Refuses an authorization request that does not have what the server wants. */
const wants = (has: (parameters: URLSearchParams, server: OddParts) => boolean): NonNullable<Oddity['asked']> =>
  editAsked('authorization', ({ parameters }, server) => {
    if (!has(parameters, server)) parameters.delete('client_id');
  });

/** Whether an account is connected already. */
const isSecond = ({ grants }: OddParts) => grants.alive() > 0;

/** The person pastes an address of the site, which stands as `{site}` in the parameter `audience`. */
const pasted = (
  name: string,
  where: string,
  text: string,
  audience: string,
  others: Record<string, string> = {},
): Oddity => ({
  ...{ name, cases: ['P-28'], touches: ['asking'] },
  does: `It wants to know the site, and the person pastes an address ${where}.`,
  asked: wants(
    (parameters) => parameters.get('audience') === audience.replace('{site}', 'acme').replace('{region}', 'eu'),
  ),
  typed: { site: text, ...others },
  record: {
    account_params: [site, ...Object.keys(others).map((other) => ({ ...site, name: other, label: other }))],
    authorization_params: { audience },
  },
});

const tenant = '8f2c7a10-0000-4000-8000-000000000001';

/** A server for many tenants, with the tenants that the record takes. */
const ofTenants = (name: string, does: string, tenants: string[], outcome: Oddity['outcome']): Oddity => ({
  ...{ name, cases: ['P-24'], does, touches: ['metadata', 'id token', 'redirect', 'identity'], outcome: outcome ?? {} },
  redirected: (parameters) => parameters.delete('iss'),
  answered: editAnswer('metadata', ({ answer, server }) => {
    const document = answer.body as Record<string, unknown>;
    document.authorization_response_iss_parameter_supported = false;
    document.issuer = `${server.origin}/{tenantid}`;
  }),
  claimed: (claims) => {
    claims.iss = `${String(claims.iss)}/${tenant}`;
    claims.tid = tenant;
  },
  record: ({ origin }) => ({ tenant_issuer: { template: `${origin}/{tenantid}`, claim: 'tid', tenants } }),
});

/** Knows codes in one region only. */
const inEurope = ({ place, parts, parameters }: Asked) => {
  if (place === 'token' && parts.region !== 'eu') parameters.set('code', '');
};

const regional = (name: string, does: string, word: string, outcome: Oddity['outcome']): Oddity => ({
  ...{ name, cases: ['P-29'], does, touches: ['redirect', 'token requests', 'extras'], outcome: outcome ?? {} },
  asked: inEurope,
  redirected: (parameters, grant) => {
    if (grant) parameters.set('accounts-server', word);
  },
  record: ({ origin }) => ({
    redirect_parts: [
      {
        ...{ name: 'region', field: 'accounts-server', initial: 'us' },
        values: { 'https://accounts.odd.example': 'us', 'https://accounts.eu.odd.example': 'eu' },
      },
    ],
    token_endpoint: `${origin}/regions/{region}/token`,
  }),
});

/** Which account it is, and how the person says so. */
export const accountRows: readonly Oddity[] = [
  {
    name: 'parts_in_parameters',
    cases: ['P-27'],
    does: 'It wants the site of the account in parameters of both requests.',
    touches: ['asking', 'token requests'],
    asked: (asked, server) => {
      const isRight = asked.parameters.get('audience') === 'https://acme.odd.example';
      if (asked.place === 'authorization') return wants(() => isRight)(asked, server);
      if (asked.place === 'token' && !isRight) asked.parameters.set('code', '');
    },
    typed: { site: 'acme' },
    record: {
      account_params: [site],
      authorization_params: { audience: 'https://{site}.odd.example' },
      token_params: { audience: 'https://{site}.odd.example' },
      refresh_params: { audience: 'https://{site}.odd.example' },
    },
  },
  {
    name: 'typed_in_capitals',
    cases: ['P-28'],
    does: 'It knows the site in small letters, and the person types capitals and a space.',
    touches: ['asking'],
    asked: wants((parameters) => parameters.get('site') === 'acme-2'),
    typed: { site: ' ACME-2 ' },
    record: { account_params: [site], authorization_params: { site: '{site}' } },
  },
  pasted(
    'pasted_address',
    'of its own host',
    '<https://ACME.odd.example./welcome?x=1#top>',
    'https://{site}.odd.example',
  ),
  pasted(
    'pasted_path',
    'below a host of all',
    'api.odd.example/sites/acme/settings',
    'https://api.odd.example/sites/{site}',
  ),
  pasted(
    'pasted_among_parts',
    'with a region before it',
    '//eu.odd.example/acme/',
    'https://{region}.odd.example/{site}',
    {
      region: 'https://eu.odd.example/acme',
    },
  ),
  {
    name: 'reconnect_names_the_account',
    cases: ['P-26'],
    does: 'It wants to be told which account is connected again.',
    touches: ['asking', 'scopes', 'refresh token', 'dead grants', 'revocation'],
    again: 'reconnect',
    record: { revoke: { blast_radius: 'token' } },
    asked: wants((parameters, server) => !isSecond(server) || parameters.get('login_hint')?.includes('@') === true),
  },
  {
    name: 'another_account_is_asked_for',
    cases: ['P-26'],
    does: 'It stays with the account that is signed in, unless it is asked to let the person choose.',
    touches: ['asking', 'identity', 'refresh token', 'dead grants', 'revocation'],
    again: 'another',
    asked: wants((parameters, server) => !isSecond(server) || parameters.get('prompt') === 'select_account'),
    record: { another_account_params: { prompt: 'select_account' } },
  },
  {
    name: 'names_nobody',
    cases: ['P-22'],
    does: 'It never says whose account it is; the person names the connection.',
    touches: ['identity', 'id token', 'scopes'],
    record: { identity: { source: 'none' }, scopes: ['read', 'write'] },
    outcome: { subject: /^[\w-]{32}$/ },
  },
  ofTenants('a_listed_tenant', 'It has many tenants, and the account is of one that the record takes.', [tenant], {}),
  ofTenants(
    'an_unlisted_tenant',
    'It has many tenants, and the account is of one that the record does not take.',
    ['other'],
    {
      flow: 'id_token_invalid',
    },
  ),
  regional(
    'accounts_server_on_the_redirect',
    'It says on the redirect at which of its hosts the account lives.',
    'https://accounts.eu.odd.example',
    {},
  ),
  regional(
    'accounts_server_of_a_stranger',
    'It names a host on the redirect that the record does not know.',
    'https://accounts.evil.example',
    { flow: 'provider_configuration' },
  ),
];
