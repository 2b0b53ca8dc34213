import type { Preset } from '#lib/providers/preset';

export const dropbox: Preset = {
  about: {
    console: 'https://www.dropbox.com/developers/apps',
    setup: [
      'Create an app with *Scoped access* and enter the redirect URI in its settings.',
      'Under *Permissions* select the scopes that the record asks for, here account_info.read and files.metadata.read.',
      'Apply for *Production* before more than 50 people connect.',
    ],
    sources: [
      {
        url: 'https://developers.dropbox.com/oauth-guide',
        says: 'endpoints, token_access_type, PKCE (S256) with and without a secret, tokens of four hours',
      },
      {
        url: 'https://www.dropbox.com/developers/documentation/http/documentation',
        says: 'force_reauthentication; auth/token/revoke, which ends the refresh token too; users/get_current_account',
      },
    ],
    pkce: 'documented',
  },
  record: () => ({
    name: 'Dropbox',
    issuer: 'https://www.dropbox.com',
    authorization_endpoint: 'https://www.dropbox.com/oauth2/authorize',
    token_endpoint: 'https://api.dropboxapi.com/oauth2/token',
    revocation_endpoint: 'https://api.dropboxapi.com/2/auth/token/revoke',
    token_endpoint_auth_method: 'client_secret_post',
    // Without it there is no refresh token.
    authorization_params: { token_access_type: 'offline' },
    another_account_params: { force_reauthentication: 'true' },
    scopes: ['account_info.read', 'files.metadata.read'],
    response_fields: ['account_id', 'team_id'],
    rotation: 'none',
    revoke: {
      style: 'bearer',
      blast_radius: 'grant',
      manual_url: 'https://www.dropbox.com/account/connected_apps',
    },
    identity: {
      source: 'endpoint',
      endpoint: 'https://api.dropboxapi.com/2/users/get_current_account',
      method: 'POST',
      subject: 'account_id',
      label: ['email', 'name.display_name', 'account_id'],
      email: 'email',
      email_verified: 'email_verified',
      name: 'name.display_name',
    },
    scope_descriptions: {
      'account_info.read': 'See the profile',
      'files.metadata.read': 'See names and dates of files and folders',
      'files.metadata.write': 'Change tags and properties of files',
      'files.content.read': 'See and download files',
      'files.content.write': 'Change and delete files',
      'sharing.read': 'See how files are shared',
      'sharing.write': 'Share files',
      'team_info.read': 'See the team',
    },
  }),
};
