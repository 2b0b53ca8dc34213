import type { Preset } from '#lib/providers/preset';

/** X, formerly Twitter. */
export const x: Preset = {
  about: {
    console: 'https://console.x.com',
    setup: [
      'In the settings of an app set up *User authentication*: *Web App, Automated App or Bot*, a confidential client.',
      'Enter the redirect URI as callback URI.',
      'Use the *OAuth 2.0 Client ID and Client Secret*, not the API key.',
    ],
    sources: [
      {
        url: 'https://docs.x.com/fundamentals/authentication/oauth-2-0/user-access-token',
        says: 'endpoints, PKCE required, Basic for confidential clients, refresh, revoke',
      },
      {
        url: 'https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code',
        says: 'scopes, offline.access, tokens of two hours',
      },
    ],
    unconfirmed: ['the words of the refusal that ends a grant: only reports of clients have them.'],
    pkce: 'documented',
  },
  record: () => ({
    name: 'X',
    issuer: 'https://x.com',
    authorization_endpoint: 'https://x.com/i/oauth2/authorize',
    token_endpoint: 'https://api.x.com/2/oauth2/token',
    revocation_endpoint: 'https://api.x.com/2/oauth2/revoke',
    token_endpoint_auth_method: 'client_secret_basic',
    scopes: ['users.read', 'tweet.read', 'offline.access'],
    rotation: 'rotate',
    // A dead refresh token comes as invalid_request, which means other things too: the words decide.
    dead_answers: [{ status: 400, path: 'error_description', value: 'Value passed for the token was invalid.' }],
    revoke: {
      style: 'rfc7009',
      token_kind: 'both',
      auth: 'client',
      blast_radius: 'token',
      manual_url: 'https://x.com/settings/connected_apps',
    },
    identity: {
      source: 'endpoint',
      endpoint: 'https://api.x.com/2/users/me',
      subject: 'data.id',
      label: ['data.username', 'data.name', 'data.id'],
      name: 'data.name',
    },
    scope_descriptions: {
      'users.read': 'See profiles',
      'tweet.read': 'See posts',
      'tweet.write': 'Post and delete posts',
      'follows.read': 'See who follows whom',
      'follows.write': 'Follow and unfollow accounts',
      'like.read': 'See likes',
      'like.write': 'Like and unlike posts',
      'dm.read': 'See direct messages',
      'dm.write': 'Send direct messages',
      'offline.access': 'Stay connected without asking again',
    },
  }),
};
