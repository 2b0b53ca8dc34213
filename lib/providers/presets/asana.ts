import type { Preset } from '#lib/providers/preset';

export const asana: Preset = {
  about: {
    console: 'https://app.asana.com/0/my-apps',
    setup: [
      'Create an app and enter the redirect URI under *OAuth*.',
      'Select the scopes that the record asks for, here users:read, workspaces:read, projects:read and tasks:read.',
      'Under *Manage distribution* say which workspaces may use the app.',
    ],
    sources: [
      {
        url: 'https://developers.asana.com/docs/oauth',
        says: 'endpoints, PKCE (S256), the secret in the body, access tokens of an hour, refresh tokens that stay, revocation of a refresh token',
      },
      { url: 'https://developers.asana.com/reference/getuser', says: 'users/me and its data.gid' },
    ],
    pkce: 'documented',
  },
  record: () => ({
    name: 'Asana',
    issuer: 'https://app.asana.com',
    authorization_endpoint: 'https://app.asana.com/-/oauth_authorize',
    token_endpoint: 'https://app.asana.com/-/oauth_token',
    revocation_endpoint: 'https://app.asana.com/-/oauth_revoke',
    token_endpoint_auth_method: 'client_secret_post',
    scopes: ['users:read', 'workspaces:read', 'projects:read', 'tasks:read'],
    rotation: 'none',
    revoke: {
      style: 'rfc7009',
      token_kind: 'refresh_token',
      auth: 'client',
      blast_radius: 'grant',
      manual_url: 'https://app.asana.com/0/my-apps',
    },
    identity: {
      source: 'endpoint',
      endpoint: 'https://app.asana.com/api/1.0/users/me',
      subject: 'data.gid',
      label: ['data.email', 'data.name', 'data.gid'],
      email: 'data.email',
      name: 'data.name',
    },
    scope_descriptions: {
      'users:read': 'See people',
      'workspaces:read': 'See workspaces',
      'projects:read': 'See projects',
      'projects:write': 'Create and change projects',
      'tasks:read': 'See tasks',
      'tasks:write': 'Create and change tasks',
      'attachments:read': 'See attachments',
      'webhooks:write': 'Create webhooks',
      default: 'Do everything this user can do',
    },
  }),
};
