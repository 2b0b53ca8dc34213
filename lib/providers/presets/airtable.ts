import type { Preset } from '#lib/providers/preset';

export const airtable: Preset = {
  about: {
    console: 'https://airtable.com/create/oauth',
    setup: [
      'Register a new OAuth integration and enter the redirect URI.',
      'Generate a client secret: the hub is a confidential client.',
      'Select each scope that the record asks for, here user.email:read, schema.bases:read and data.records:read.',
      'Give a support address and the links to your terms and your privacy policy: other people cannot connect without them.',
    ],
    sources: [
      {
        url: 'https://airtable.com/developers/web/api/oauth-reference',
        says: 'endpoints, PKCE (S256) for every client, Basic where there is a secret, expires_in and refresh_expires_in, rotation',
      },
      { url: 'https://airtable.com/developers/web/api/get-user-id-scopes', says: 'who the token belongs to' },
    ],
    pkce: 'documented',
  },
  record: () => ({
    name: 'Airtable',
    issuer: 'https://airtable.com',
    authorization_endpoint: 'https://airtable.com/oauth2/v1/authorize',
    token_endpoint: 'https://airtable.com/oauth2/v1/token',
    token_endpoint_auth_method: 'client_secret_basic',
    scopes: ['user.email:read', 'schema.bases:read', 'data.records:read'],
    // A refresh token works once; shown again, it ends the whole grant.
    rotation: 'rotate',
    idle_keepalive_days: 50,
    revoke: { style: 'none', manual_url: 'https://airtable.com/account/integrations' },
    identity: {
      source: 'endpoint',
      endpoint: 'https://api.airtable.com/v0/meta/whoami',
      subject: 'id',
      label: ['email', 'id'],
      email: 'email',
    },
    scope_descriptions: {
      'user.email:read': 'See the e-mail address',
      'schema.bases:read': 'See the structure of bases',
      'schema.bases:write': 'Change the structure of bases',
      'data.records:read': 'See records',
      'data.records:write': 'Create, change and delete records',
      'data.recordComments:read': 'See comments on records',
      'data.recordComments:write': 'Write comments on records',
      'webhook:manage': 'Manage webhooks of a base',
    },
  }),
};
