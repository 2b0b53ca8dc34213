import type { Preset } from '#lib/providers/preset';

/** Atlassian Cloud: Jira and Confluence. Bitbucket has a server of its own. */
export const atlassian: Preset = {
  about: {
    console: 'https://developer.atlassian.com/console/myapps/',
    setup: [
      'Create an *OAuth 2.0 integration*, and under *Authorization* enter the redirect URI.',
      'Under *Permissions* add the APIs and scopes that the record asks for, here the User identity API and read:jira-work.',
      'Under *Distribution* share the app: otherwise only its owner can connect.',
    ],
    sources: [
      {
        url: 'https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/',
        says: 'endpoints, audience and prompt, JSON with the secret in it, offline_access, accessible-resources',
      },
      {
        url: 'https://developer.atlassian.com/cloud/oauth/getting-started/refresh-tokens/',
        says: 'rotating refresh tokens, 90 days without use, a leeway of ten minutes, 403 unauthorized_client for a dead one',
      },
      {
        url: 'https://community.developer.atlassian.com/t/the-old-access-token-will-be-revoked-during-the-refresh-token-exchange/83103',
        says: 'the leeway of ten minutes holds for the old access token too; after it both are revoked',
      },
    ],
    pkce: 'undocumented',
  },
  record: () => ({
    name: 'Atlassian',
    issuer: 'https://auth.atlassian.com',
    authorization_endpoint: 'https://auth.atlassian.com/authorize',
    token_endpoint: 'https://auth.atlassian.com/oauth/token',
    token_endpoint_auth_method: 'client_secret_post',
    token_request_format: 'json',
    authorization_params: { audience: 'api.atlassian.com', prompt: 'consent' },
    scopes: ['read:me', 'read:jira-work', 'offline_access'],
    rotation: { leeway_s: 600 },
    idle_keepalive_days: 80,
    // The code alone would mean the hub's own credentials; with this status it is this grant.
    dead_answers: [{ status: 403, path: 'error', value: 'unauthorized_client' }],
    revoke: { style: 'none', manual_url: 'https://id.atlassian.com/manage-profile/apps' },
    identity: {
      source: 'endpoint',
      endpoint: 'https://api.atlassian.com/me',
      subject: 'account_id',
      label: ['email', 'name', 'account_id'],
      email: 'email',
      name: 'name',
    },
    // Every call to Jira and Confluence has the site's id in its path.
    lookups: [
      {
        endpoint: 'https://api.atlassian.com/oauth/token/accessible-resources',
        choose: true,
        name: 'site',
        entry_label: ['name', 'url'],
        fields: { cloud_id: 'id', site_url: 'url', site_name: 'name' },
      },
    ],
    scope_descriptions: {
      'read:me': 'See the profile',
      'read:jira-work': 'See projects and issues in Jira',
      'write:jira-work': 'Create and change issues in Jira',
      'read:jira-user': 'See people in Jira',
      'manage:jira-project': 'Create and change projects in Jira',
      'read:confluence-content.all': 'See pages in Confluence',
      'write:confluence-content': 'Create and change pages in Confluence',
      'read:confluence-space.summary': 'See the list of spaces in Confluence',
      offline_access: 'Stay connected without asking again',
    },
  }),
};
