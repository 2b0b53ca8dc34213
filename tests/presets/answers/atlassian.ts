import type { DocumentedServer } from '#tests/presets/documented';

const site = {
  id: '1324a887-45db-1bf4-1e99-ef0ff456d421',
  name: 'Acme',
  url: 'https://acme.atlassian.net',
  scopes: ['read:jira-work'],
};
// A site stands there twice where two products of it were granted.
const sites = [
  { ...site, id: '5d1f5b1c-0000-4000-8000-000000000002', name: 'Other', url: 'https://other.atlassian.net' },
  site,
  { ...site, scopes: ['read:confluence-content.all'] },
];

export const atlassian: DocumentedServer = {
  client: 'post',
  body: 'json',
  authorize: 'https://auth.atlassian.com/authorize',
  token: 'https://auth.atlassian.com/oauth/token',
  scopes: { joined: ' ' },
  pkce: 'taken',
  asks: { audience: 'api.atlassian.com', prompt: 'consent' },
  exchanged: ({ access, refresh, scopes }) => ({
    ...{
      access_token: access,
      refresh_token: refresh,
      scope: scopes.join(' '),
      expires_in: 3600,
      token_type: 'Bearer',
    },
  }),
  refreshed: ({ access, refresh, scopes }) => ({
    ...{
      access_token: access,
      refresh_token: refresh,
      scope: scopes.join(' '),
      expires_in: 3600,
      token_type: 'Bearer',
    },
  }),
  rotates: true,
  calls: {
    'GET https://api.atlassian.com/me': {
      ...{ account_type: 'atlassian', account_id: '112233aa-bb11-cc22-33dd-445566abcabc', email: 'ada@example.com' },
      name: 'Ada Lovelace',
    },
    'GET https://api.atlassian.com/oauth/token/accessible-resources': sites,
  },
  dead: { status: 403, body: { error: 'unauthorized_client', error_description: 'refresh_token is invalid' } },
  account: { subject: '112233aa-bb11-cc22-33dd-445566abcabc', label: 'ada@example.com' },
  offers: { site: ['Other', 'Acme'] },
  chooses: { site: 'Acme' },
  extras: { cloud_id: site.id, site_url: site.url, site_name: 'Acme' },
  lives: 3600,
};
