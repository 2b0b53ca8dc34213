import type { Preset } from '#lib/providers/preset';

/** monday.com with OAuth 2.1, which every new app has. */
export const monday: Preset = {
  about: {
    console: 'https://monday.com/developers/apps',
    setup: [
      'Create an app in the Developer Center, and under *OAuth & Permissions* enter the redirect URI.',
      'Select the scopes that the record asks for, here me:read, account:read and boards:read.',
      'An administrator of each monday.com account installs the app before its people connect.',
      'In an app from before OAuth 2.1 switch *New OAuth Flow* on and promote that version.',
    ],
    sources: [
      {
        url: 'https://developer.monday.com/apps/docs/oauth-2-1',
        says: 'the endpoints and PKCE; every new app has this flow',
      },
      {
        url: 'https://docs.composio.dev/kb/guide/toolkits-monday',
        says: 'an administrator of the account installs the app before people connect',
      },
      {
        url: 'https://developer.monday.com/apps/docs/migrating-to-the-new-oauth-flow',
        says: 'endpoints, PKCE (S256) required, JSON with the secret in it, no expires_in, rotation, revocation',
      },
      { url: 'https://developer.monday.com/api-reference/reference/me', says: 'the query me' },
    ],
    pkce: 'documented',
  },
  record: () => ({
    name: 'monday.com',
    issuer: 'https://auth.monday.com',
    authorization_endpoint: 'https://auth.monday.com/oauth2/authorize',
    token_endpoint: 'https://auth.monday.com/oauth_ms/oauth/token',
    revocation_endpoint: 'https://auth.monday.com/oauth_ms/oauth/revoke',
    token_endpoint_auth_method: 'client_secret_post',
    token_request_format: 'json',
    scopes: ['me:read', 'account:read', 'boards:read'],
    // The answer has no life: the documentation leaves it to the token’s own claims. An hour is what its example has.
    expires_default: 3600,
    rotation: 'rotate',
    revoke: { style: 'rfc7009', token_kind: 'both', auth: 'client', blast_radius: 'token' },
    identity: {
      source: 'endpoint',
      endpoint: 'https://api.monday.com/v2',
      method: 'POST',
      body: { query: '{ me { id name email account { id slug } } }' },
      key: ['data.me.account.id', 'data.me.id'],
      label: ['data.me.email', 'data.me.name'],
      email: 'data.me.email',
      name: 'data.me.name',
    },
    lookups: [
      {
        endpoint: 'https://api.monday.com/v2',
        method: 'POST',
        body: { query: '{ me { account { id slug } } }' },
        fields: { account_id: 'data.me.account.id', account_slug: 'data.me.account.slug' },
      },
    ],
    scope_descriptions: {
      'me:read': 'See the profile',
      'account:read': 'See the account',
      'boards:read': 'See boards',
      'boards:write': 'Create and change boards',
      'workspaces:read': 'See workspaces',
      'users:read': 'See people',
      'docs:read': 'See documents',
      'docs:write': 'Create and change documents',
      'updates:read': 'See updates',
      'updates:write': 'Write updates',
      'assets:read': 'See and download files',
      'webhooks:write': 'Create webhooks',
    },
  }),
};
