import type { Preset } from '#lib/providers/preset';

const issuer = 'https://accounts.google.com';

// Endpoints: Google's published OpenID configuration, as collected in panva/wellknown.
const endpoints = {
  authorization_endpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
  token_endpoint: 'https://oauth2.googleapis.com/token',
  revocation_endpoint: 'https://oauth2.googleapis.com/revoke',
  userinfo_endpoint: 'https://openidconnect.googleapis.com/v1/userinfo',
  jwks_uri: 'https://www.googleapis.com/oauth2/v3/certs',
  discovery: 'none',
} as const;

/** Google; limits and revocation from developers.google.com/identity/protocols/oauth2. */
const record: Preset['record'] = (written) => ({
  name: 'Google',
  issuer,
  ...(written && written !== issuer ? { discovery: 'oidc' as const } : endpoints),
  token_endpoint_auth_method: 'client_secret_post',
  scopes: ['openid', 'email', 'profile'],
  sign_in_scopes: ['openid', 'email', 'profile'],
  // Google grants these two under their long names.
  scope_aliases: {
    email: ['https://www.googleapis.com/auth/userinfo.email'],
    profile: ['https://www.googleapis.com/auth/userinfo.profile'],
  },
  // A refresh token comes only with offline access, and on repeated consents only when consent is asked anew.
  authorization_params: { access_type: 'offline', prompt: 'consent' },
  // To `consent` the choice is added; else the account that is signed in already goes on.
  another_account_params: { prompt: 'select_account' },
  rotation: 'none',
  idle_keepalive_days: 150,
  max_grants: 100,
  dead_codes: ['invalid_grant'],
  // Revoking any token ends every scope granted to the project, for all its clients.
  revoke: {
    style: 'rfc7009',
    token_kind: 'refresh_token',
    auth: 'none',
    blast_radius: 'account',
    manual_url: 'https://myaccount.google.com/connections',
  },
  identity: {
    source: 'id_token',
    label: ['email', 'name', 'sub'],
    email: 'email',
    email_verified: 'email_verified',
    // Anybody may open a Google account on an address of their company, and keeps it when they leave.
    email_hosted: { claim: 'hd', domains: ['gmail.com', 'googlemail.com'] },
  },
  push_signal: 'risc',
  scope_descriptions: {
    openid: 'Know which Google account this is',
    email: 'See the e-mail address',
    profile: 'See the name and picture',
    'https://www.googleapis.com/auth/userinfo.email': 'See the e-mail address',
    'https://www.googleapis.com/auth/userinfo.profile': 'See the name and picture',
    'https://www.googleapis.com/auth/calendar': 'See, change and delete all calendars',
    'https://www.googleapis.com/auth/calendar.readonly': 'See all calendars and events',
    'https://www.googleapis.com/auth/calendar.events': 'See and change events in all calendars',
    'https://www.googleapis.com/auth/drive': 'See, change and delete all files in Drive',
    'https://www.googleapis.com/auth/drive.readonly': 'See and download all files in Drive',
    'https://www.googleapis.com/auth/drive.file': 'See and change only the Drive files opened with this hub',
    'https://www.googleapis.com/auth/gmail.readonly': 'Read all mail',
    'https://www.googleapis.com/auth/gmail.send': 'Send mail as this account',
    'https://www.googleapis.com/auth/gmail.modify': 'Read, write and send mail, and move it to the bin',
    'https://www.googleapis.com/auth/spreadsheets': 'See, change and delete all spreadsheets',
    'https://www.googleapis.com/auth/spreadsheets.readonly': 'See all spreadsheets',
    'https://www.googleapis.com/auth/contacts.readonly': 'See the contacts',
    'https://www.googleapis.com/auth/admin.directory.user.readonly': 'See the people in the organisation',
  },
});

export const google: Preset = {
  about: {
    console: 'https://console.cloud.google.com/auth/clients',
    setup: [
      'Configure the consent screen and publish it: refresh tokens of an app in *Testing* end after seven days.',
      'Create an OAuth client of the type *Web application* and enter the redirect URI.',
    ],
    sources: [
      {
        url: 'https://developers.google.com/identity/protocols/oauth2',
        says: 'endpoints, offline access, limits of refresh tokens',
      },
      {
        url: 'https://developers.google.com/identity/openid-connect/openid-connect',
        says: 'PKCE (S256), scopes and claims; prompt is a list and has select_account; login_hint',
      },
    ],
    pkce: 'documented',
  },
  record,
};
