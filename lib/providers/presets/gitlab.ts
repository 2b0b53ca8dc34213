import type { Preset } from '#lib/providers/preset';

/** gitlab.com, or the web address of a server of one's own as `issuer`. */
const record: Preset['record'] = (written) => ({
  name: 'GitLab',
  issuer: written ?? 'https://gitlab.com',
  discovery: 'oidc',
  token_endpoint_auth_method: 'client_secret_post',
  scopes: ['openid', 'profile', 'email', 'read_user'],
  sign_in_scopes: ['openid', 'profile', 'email'],
  // A refresh ends the old access token and the old refresh token.
  rotation: 'rotate',
  revoke: { style: 'rfc7009', token_kind: 'refresh_token', auth: 'client', blast_radius: 'token' },
  identity: {
    source: 'id_token',
    label: ['preferred_username', 'nickname', 'email', 'sub'],
    email: 'email',
    email_verified: 'email_verified',
    name: 'name',
  },
  scope_implies: {
    api: ['read_api', 'read_user', 'read_repository', 'write_repository', 'read_registry', 'write_registry'],
    read_api: ['read_user'],
    write_repository: ['read_repository'],
  },
  scope_descriptions: {
    openid: 'Know which GitLab account this is',
    profile: 'See the name and picture',
    email: 'See the e-mail address',
    read_user: 'See the profile, also what is private in it',
    read_api: 'See everything this user can see',
    api: 'Do everything this user can do',
    read_repository: 'See and download repositories',
    write_repository: 'Push to repositories',
    read_registry: 'See container images',
    write_registry: 'Push container images',
  },
});

export const gitlab: Preset = {
  about: {
    console: 'https://gitlab.com/-/user_settings/applications',
    setup: [
      'Add a new application, keep it *Confidential* and enter the redirect URI.',
      'Select the scopes that the record asks for, here openid, profile, email and read_user.',
      'For a server of your own, write its address as `issuer` and register the application there.',
    ],
    sources: [
      {
        url: 'https://docs.gitlab.com/api/oauth2/',
        says: 'PKCE (S256), the secret in the body, tokens of two hours, rotation, /oauth/revoke',
      },
      { url: 'https://docs.gitlab.com/integration/openid_connect_provider/', says: 'discovery and claims' },
    ],
    pkce: 'documented',
  },
  record,
};
