import type { Preset } from '#lib/providers/preset';

const defaultIssuer = 'https://login.salesforce.com';

/**
 * Salesforce, from help.salesforce.com (`remoteaccess_using_openid_discovery_endpoint` and the connected-app pages).
 * The issuer is the login host or the organisation's My Domain, whichever was configured.
 */
const record: Preset['record'] = (written) => ({
  name: 'Salesforce',
  issuer: written ?? defaultIssuer,
  discovery: 'oidc',
  token_endpoint_auth_method: 'client_secret_post',
  scopes: ['openid', 'id', 'api', 'refresh_token'],
  sign_in_scopes: ['openid', 'id', 'email', 'profile'],
  // Two names for one permission; `full` includes every other one but lasting access.
  scope_aliases: { refresh_token: ['offline_access'], offline_access: ['refresh_token'] },
  scope_implies: { full: ['api', 'id', 'profile', 'email', 'address', 'phone', 'openid', 'web', 'chatter_api'] },
  another_account_params: { prompt: 'login' },
  // User names have the form of an address.
  login_hint: { value: 'email' },
  response_fields: ['instance_url', 'id'],
  // Targets of calls with the token: only Salesforce's own domain, or hosts the operator wrote.
  url_field_hosts: { instance_url: ['.salesforce.com'], id: ['.salesforce.com'] },
  // No expires_in ever: the life is the organisation's session policy, which introspection tells.
  expires_default: 3600,
  expiry_probe: 'introspect',
  rotation: 'rotate',
  idle_keepalive_days: 25,
  max_grants: 5,
  dead_codes: ['invalid_grant'],
  revoke: {
    style: 'rfc7009',
    token_kind: 'refresh_token',
    auth: 'none',
    // Each approval has a refresh token of its own; revoking it ends its access tokens and no other approval.
    blast_radius: 'token',
    // It calls a token it no longer knows one of a type it does not support.
    gone_codes: ['invalid_token', 'unsupported_token_type'],
  },
  // The identity URL names organisation and user; it is also the subject of Salesforce's ID tokens.
  identity: {
    source: 'endpoint',
    endpoint_field: 'id',
    subject: 'id',
    label: ['username', 'email', 'display_name'],
    email: 'email',
    email_verified: 'email_verified',
    name: 'display_name',
  },
  scope_descriptions: {
    openid: 'Know which Salesforce user this is',
    id: 'See the identity of the user',
    profile: 'See the profile',
    email: 'See the e-mail address',
    api: 'See and change data through the API, as this user',
    refresh_token: 'Stay connected without asking again',
    offline_access: 'Stay connected without asking again',
    web: 'Use the token in a browser',
    full: 'Do everything this user can do',
    chatter_api: 'Use Chatter as this user',
  },
});

export const salesforce: Preset = {
  about: {
    console: 'https://login.salesforce.com',
    setup: [
      'Create an *External Client App* in Setup, enable OAuth for it and enter the redirect URI as its callback URL.',
      'Select the scopes for openid, id, api and refresh_token.',
      'Keep it a confidential client.',
    ],
    sources: [
      {
        url: 'https://help.salesforce.com/s/articleView?id=sf.remoteaccess_using_openid_discovery_endpoint.htm',
        says: 'endpoints by discovery',
      },
      {
        url: 'https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_web_server_flow.htm',
        says: 'PKCE (S256) together with the secret, no expires_in, prompt=login, login_hint',
      },
    ],
    pkce: 'documented',
  },
  record,
};
