import type { Preset } from '#lib/providers/preset';

const host = 'https://{subdomain}.zendesk.com';

export const zendesk: Preset = {
  about: {
    console: 'https://www.zendesk.com/login/',
    setup: [
      'In the Admin Center, *Apps and integrations*, *APIs*, *OAuth clients*, add a *Confidential* client with the redirect URI.',
      'Its *Identifier* is the client id.',
      'For accounts of other companies ask Zendesk for a global OAuth client.',
      'With a client from before 30 April 2026 write expires_in 1800 into `token_params` and `refresh_params`: otherwise its tokens do not end, and no refresh token comes.',
      'The person who connects gives the subdomain, the part before .zendesk.com.',
    ],
    sources: [
      {
        url: 'https://developer.zendesk.com/api-reference/ticketing/oauth/grant_type_tokens/',
        says: 'endpoints, JSON with the secret in it, code_verifier, refresh_token_expires_in',
      },
      {
        url: 'https://developer.zendesk.com/documentation/api-basics/authentication/revoking-oauth-token',
        says: 'DELETE oauth/tokens/current with the token itself',
      },
      {
        url: 'https://developer.zendesk.com/documentation/api-basics/authentication/refresh-token',
        says: 'a new refresh token at each refresh',
      },
      {
        url: 'https://support.zendesk.com/hc/en-us/articles/9182123625370-Announcing-support-for-OAuth-refresh-token-grant-type-and-OAuth-access-and-refresh-token-expirations',
        says: 'a refresh ends both old tokens; clients from after 30 April 2026 have tokens of 30 minutes, older ones must ask with expires_in',
      },
    ],
    pkce: 'documented',
  },
  record: () => ({
    name: 'Zendesk',
    issuer: host,
    authorization_endpoint: `${host}/oauth/authorizations/new`,
    token_endpoint: `${host}/oauth/tokens`,
    revocation_endpoint: `${host}/api/v2/oauth/tokens/current.json`,
    account_params: [
      { name: 'subdomain', label: 'Zendesk subdomain', pattern: '^[a-z0-9][a-z0-9\\-]{0,62}$', example: 'acme' },
    ],
    token_endpoint_auth_method: 'client_secret_post',
    token_request_format: 'json',
    scopes: ['read'],
    rotation: 'rotate',
    revoke: { style: 'bearer', method: 'DELETE', blast_radius: 'token' },
    identity: {
      source: 'endpoint',
      endpoint: `${host}/api/v2/users/me.json`,
      subject: 'user.id',
      label: ['user.email', 'user.name', 'user.id'],
      email: 'user.email',
      email_verified: 'user.verified',
      name: 'user.name',
    },
    scope_descriptions: {
      read: 'See everything this user can see',
      write: 'Change everything this user can change',
      'tickets:read': 'See tickets',
      'tickets:write': 'Create and change tickets',
      'users:read': 'See people',
      'users:write': 'Create and change people',
      'organizations:read': 'See organisations',
      'hc:read': 'See the help center',
    },
  }),
};
