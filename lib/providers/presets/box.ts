import type { Preset } from '#lib/providers/preset';

export const box: Preset = {
  about: {
    console: 'https://app.box.com/developers/console',
    setup: [
      'Create a *Platform App* with *User Authentication (OAuth 2.0)* and enter the redirect URI.',
      'Under *Application Scopes* select what the record asks for, here *Read all files and folders*.',
      'An administrator of the Box enterprise may have to authorize the app first.',
    ],
    sources: [
      {
        url: 'https://developer.box.com/guides/authentication/oauth2/',
        says: 'endpoints, the secret in the body, scopes',
      },
      {
        url: 'https://developer.box.com/guides/authentication/oauth2/oauth2-setup',
        says: 'Platform App, the redirect URI compared as a whole',
      },
      {
        url: 'https://developer.box.com/guides/authentication/tokens/refresh',
        says: 'refresh tokens of 60 days that work once',
      },
      { url: 'https://developer.box.com/reference/post-oauth2-revoke/', says: 'revocation by either token' },
    ],
    pkce: 'undocumented',
  },
  record: () => ({
    name: 'Box',
    issuer: 'https://account.box.com',
    authorization_endpoint: 'https://account.box.com/api/oauth2/authorize',
    token_endpoint: 'https://api.box.com/oauth2/token',
    revocation_endpoint: 'https://api.box.com/oauth2/revoke',
    token_endpoint_auth_method: 'client_secret_post',
    scopes: ['root_readonly'],
    rotation: 'rotate',
    idle_keepalive_days: 50,
    revoke: {
      style: 'rfc7009',
      token_kind: 'refresh_token',
      auth: 'client',
      blast_radius: 'grant',
      manual_url: 'https://app.box.com/account/security',
    },
    identity: {
      source: 'endpoint',
      endpoint: 'https://api.box.com/2.0/users/me',
      subject: 'id',
      label: ['login', 'name', 'id'],
      email: 'login',
      name: 'name',
    },
    scope_descriptions: {
      root_readonly: 'See and download all files and folders',
      root_readwrite: 'See, change and delete all files and folders',
      manage_managed_users: 'Manage the people of the enterprise',
      manage_groups: 'Manage groups',
      manage_webhook: 'Manage webhooks',
      manage_enterprise_properties: 'See and change the settings of the enterprise',
    },
  }),
};
