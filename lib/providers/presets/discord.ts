import type { Preset } from '#lib/providers/preset';

export const discord: Preset = {
  about: {
    console: 'https://discord.com/developers/applications',
    setup: [
      'Create an application, and under *OAuth2* add the redirect URI.',
      'Leave *Public Client* off: the hub keeps a secret.',
    ],
    sources: [
      {
        url: 'https://discord.com/developers/docs/topics/oauth2',
        says: 'endpoints, scopes, revocation that ends the whole authorization',
      },
      {
        url: 'https://discord.com/.well-known/oauth-authorization-server',
        says: 'PKCE (S256), client_secret_basic and client_secret_post',
      },
    ],
    unconfirmed: ['that PKCE counts for a client with a secret: arcticjs.dev says that it does not.'],
    pkce: 'documented',
  },
  record: () => ({
    name: 'Discord',
    issuer: 'https://discord.com',
    authorization_endpoint: 'https://discord.com/api/oauth2/authorize',
    token_endpoint: 'https://discord.com/api/oauth2/token',
    revocation_endpoint: 'https://discord.com/api/oauth2/token/revoke',
    token_endpoint_auth_method: 'client_secret_basic',
    scopes: ['identify', 'email'],
    rotation: 'rotate',
    revoke: {
      style: 'rfc7009',
      token_kind: 'refresh_token',
      auth: 'client',
      blast_radius: 'grant',
      manual_url: 'https://discord.com/settings/authorized-apps',
    },
    identity: {
      source: 'endpoint',
      endpoint: 'https://discord.com/api/users/@me',
      subject: 'id',
      label: ['username', 'email', 'id'],
      email: 'email',
      email_verified: 'verified',
      name: 'global_name',
    },
    scope_descriptions: {
      identify: 'See the user name and picture',
      email: 'See the e-mail address',
      guilds: 'See the list of servers',
      'guilds.join': 'Join servers for this user',
      'guilds.members.read': 'See the membership in a server',
      connections: 'See linked accounts of other services',
      bot: 'Add a bot to a server',
      'applications.commands': 'Add commands to a server',
    },
  }),
};
