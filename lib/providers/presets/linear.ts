import type { Preset } from '#lib/providers/preset';

export const linear: Preset = {
  about: {
    console: 'https://linear.app/settings/api/applications/new',
    setup: [
      'Create an OAuth application in a workspace that you keep for it: its administrators see the secret.',
      'Enter the redirect URI as a callback URL.',
      'Turn *Public* on where people of other workspaces connect.',
    ],
    sources: [
      {
        url: 'https://linear.app/developers/oauth-2-0-authentication',
        says: 'endpoints, scopes joined by commas, PKCE (S256), tokens of a day, new refresh tokens with 30 minutes of grace, revocation',
      },
      { url: 'https://linear.app/developers/graphql', says: 'the query viewer' },
      {
        url: 'https://linear.app/developers/oauth-2-0-authentication.md',
        says: 'every application has refresh tokens since 1 April 2026; read is always granted',
      },
    ],
    pkce: 'documented',
  },
  record: () => ({
    name: 'Linear',
    issuer: 'https://linear.app',
    authorization_endpoint: 'https://linear.app/oauth/authorize',
    token_endpoint: 'https://api.linear.app/oauth/token',
    revocation_endpoint: 'https://api.linear.app/oauth/revoke',
    token_endpoint_auth_method: 'client_secret_post',
    scopes: ['read'],
    scope_sep_out: ',',
    // `read` is always there, whether it is named or not.
    unechoed_scopes: ['read'],
    rotation: { leeway_s: 1800 },
    revoke: {
      style: 'rfc7009',
      token_kind: 'both',
      auth: 'client',
      blast_radius: 'grant',
      manual_url: 'https://linear.app/settings/account/security',
    },
    identity: {
      source: 'endpoint',
      endpoint: 'https://api.linear.app/graphql',
      method: 'POST',
      body: { query: '{ viewer { id name email } organization { id urlKey } }' },
      subject: 'data.viewer.id',
      label: ['data.viewer.email', 'data.viewer.name'],
      email: 'data.viewer.email',
      name: 'data.viewer.name',
    },
    lookups: [
      {
        endpoint: 'https://api.linear.app/graphql',
        method: 'POST',
        body: { query: '{ organization { id urlKey } }' },
        fields: { organization_id: 'data.organization.id', organization: 'data.organization.urlKey' },
      },
    ],
    scope_descriptions: {
      read: 'See everything this user can see',
      write: 'Change everything this user can change',
      'issues:create': 'Create issues and their attachments',
      'comments:create': 'Write comments',
      'timeSchedule:write': 'Create and change time schedules',
      admin: 'Do what an administrator can do',
    },
  }),
};
