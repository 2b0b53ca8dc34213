import type { Preset } from '#lib/providers/preset';

export const intercom: Preset = {
  about: {
    console: 'https://app.intercom.com/a/apps/_/developer-hub',
    setup: [
      'Create an app, tick *Use OAuth* on its *Authentication* page and enter the redirect URI.',
      'Select the permissions there: the request does not name them.',
      'For workspaces in Europe or Australia write api.eu.intercom.io or api.au.intercom.io into `token_endpoint` and `identity.endpoint`.',
    ],
    sources: [
      {
        url: 'https://developers.intercom.com/docs/build-an-integration/learn-more/authentication/setting-up-oauth',
        says: 'endpoints, the secret in the body, permissions in the console, tokens that do not end',
      },
      {
        url: 'https://developers.intercom.com/docs/build-an-integration/learn-more/authentication/installing-uninstalling-apps',
        says: 'POST auth/uninstall with the token ends the access',
      },
    ],
    unconfirmed: [
      'the addresses of the token endpoint in Europe and Australia: no page of Intercom was found that names them.',
    ],
    pkce: 'undocumented',
  },
  record: () => ({
    name: 'Intercom',
    issuer: 'https://app.intercom.com',
    authorization_endpoint: 'https://app.intercom.com/oauth',
    token_endpoint: 'https://api.intercom.io/auth/eagle/token',
    revocation_endpoint: 'https://api.intercom.io/auth/uninstall',
    token_endpoint_auth_method: 'client_secret_post',
    scopes: [],
    rotation: 'none',
    // It uninstalls the app from the workspace.
    revoke: { style: 'bearer', blast_radius: 'account', manual_url: 'https://app.intercom.com/a/apps/_/appstore' },
    identity: {
      source: 'endpoint',
      endpoint: 'https://api.intercom.io/me',
      key: ['app.id_code', 'id'],
      label: ['email', 'name', 'id'],
      email: 'email',
      email_verified: 'email_verified',
      name: 'name',
    },
    lookups: [
      {
        endpoint: 'https://api.intercom.io/me',
        fields: { workspace_id: 'app.id_code', workspace_name: 'app.name', region: 'app.region' },
      },
    ],
  }),
};
