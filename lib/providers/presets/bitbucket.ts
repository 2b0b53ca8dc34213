import type { Preset } from '#lib/providers/preset';

export const bitbucket: Preset = {
  about: {
    console: 'https://bitbucket.org/account/workspaces/',
    setup: [
      'In the settings of a workspace add an *OAuth consumer* with the redirect URI as its callback URL.',
      'Select the permissions that the record asks for, here *Account: Read* and *Repositories: Read*.',
      'The consumer’s key is the client id, its secret the client secret.',
    ],
    sources: [
      {
        url: 'https://developer.atlassian.com/cloud/bitbucket/oauth-2/',
        says: 'endpoints, Basic, tokens of two hours with a refresh token, scopes and what they imply',
      },
      { url: 'https://support.atlassian.com/bitbucket-cloud/docs/use-oauth-on-bitbucket-cloud/', says: 'consumers' },
    ],
    unconfirmed: ['that a refresh token stays: the page does not say it, and the hub keeps a new one in any case.'],
    pkce: 'undocumented',
  },
  record: () => ({
    name: 'Bitbucket',
    issuer: 'https://bitbucket.org',
    authorization_endpoint: 'https://bitbucket.org/site/oauth2/authorize',
    token_endpoint: 'https://bitbucket.org/site/oauth2/access_token',
    token_endpoint_auth_method: 'client_secret_basic',
    scopes: ['account', 'repository'],
    // The answer calls them `scopes`, and names only the widest of scopes that include each other.
    scope_implies: {
      'repository:write': ['repository'],
      'repository:admin': ['repository'],
      pullrequest: ['repository'],
      'pullrequest:write': ['pullrequest', 'repository:write'],
      'issue:write': ['issue'],
      'account:write': ['account'],
      account: ['email'],
    },
    rotation: 'none',
    revoke: { style: 'none', manual_url: 'https://bitbucket.org/account/settings/app-authorizations/' },
    identity: {
      source: 'endpoint',
      endpoint: 'https://api.bitbucket.org/2.0/user',
      subject: 'uuid',
      label: ['username', 'nickname', 'display_name'],
      name: 'display_name',
    },
    scope_descriptions: {
      account: 'See the account and its e-mail addresses',
      email: 'See the e-mail addresses',
      repository: 'See and download repositories',
      'repository:write': 'Push to repositories',
      'repository:admin': 'Change the settings of repositories',
      pullrequest: 'See pull requests',
      'pullrequest:write': 'Create, merge and decline pull requests',
      issue: 'See issues',
      'issue:write': 'Create and change issues',
      webhook: 'Create webhooks',
    },
  }),
};
