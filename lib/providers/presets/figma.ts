import type { Preset } from '#lib/providers/preset';

export const figma: Preset = {
  about: {
    console: 'https://www.figma.com/developers/apps',
    setup: [
      'Create an app, and under *OAuth credentials* enter the redirect URI.',
      'Select the scopes that the record asks for, here current_user:read and file_metadata:read.',
      'Publish the app: as a draft it works for its owner only.',
    ],
    sources: [
      {
        url: 'https://developers.figma.com/docs/rest-api/authentication',
        says: 'endpoints, Basic, a refresh endpoint of its own, tokens of 90 days, user_id in the answer',
      },
      { url: 'https://developers.figma.com/docs/rest-api/users-endpoints', says: '/v1/me' },
      {
        url: 'https://community.auth0.com/t/figma-tokenurl-migration/182728',
        says: 'api.figma.com/v1/oauth/token instead of the old www.figma.com/api/oauth/token',
      },
    ],
    unconfirmed: ['that PKCE beside the secret is ignored: other clients do not send it to Figma.'],
    pkce: 'undocumented',
  },
  record: () => ({
    name: 'Figma',
    issuer: 'https://www.figma.com',
    authorization_endpoint: 'https://www.figma.com/oauth',
    token_endpoint: 'https://api.figma.com/v1/oauth/token',
    refresh_endpoint: 'https://api.figma.com/v1/oauth/refresh',
    token_endpoint_auth_method: 'client_secret_basic',
    scopes: ['current_user:read', 'file_metadata:read'],
    scope_sep_out: ',',
    scope_sep_in: ',',
    rotation: 'none',
    revoke: { style: 'none', manual_url: 'https://www.figma.com/settings' },
    identity: {
      source: 'endpoint',
      endpoint: 'https://api.figma.com/v1/me',
      subject: 'id',
      label: ['email', 'handle', 'id'],
      email: 'email',
      name: 'handle',
    },
    scope_descriptions: {
      'current_user:read': 'See the name and the e-mail address',
      'file_metadata:read': 'See names and dates of files',
      'file_content:read': 'See the contents of files',
      'file_comments:read': 'See comments',
      'file_comments:write': 'Write and delete comments',
      'file_versions:read': 'See the versions of files',
      'projects:read': 'See projects and their files',
      'library_assets:read': 'See published components and styles',
      'webhooks:write': 'Manage webhooks',
    },
  }),
};
