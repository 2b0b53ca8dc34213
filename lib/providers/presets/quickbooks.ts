import type { Preset } from '#lib/providers/preset';

/** QuickBooks Online, with the keys of production. */
export const quickbooks: Preset = {
  about: {
    console: 'https://developer.intuit.com/app/developer/dashboard',
    setup: [
      'Create an app for *QuickBooks Online and Payments* and take its production keys.',
      'Add the redirect URI to the production keys.',
      'With keys of development write sandbox-accounts.platform.intuit.com into `userinfo_endpoint`.',
    ],
    sources: [
      {
        url: 'https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/oauth-2.0',
        says: 'endpoints, Basic, realmId on the redirect, tokens of an hour, refresh tokens of 100 days that change',
      },
      {
        url: 'https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/openid-connect',
        says: 'userinfo with emailVerified and givenName, an ID token with no nonce among its claims',
      },
      {
        url: 'https://developer.intuit.com/app/developer/qbo/docs/develop/authentication-and-authorization/faq',
        says: 'a refresh token may change within a day: the newest counts',
      },
      {
        url: 'https://github.com/intuit/oauth-jsclient/blob/master/src/OAuthClient.js',
        says: 'Intuit’s own client: endpoints, Basic everywhere, revocation with a JSON body that names the token',
      },
      {
        url: 'https://github.com/intuit/QuickBooks-V3-Java-SDK/releases/tag/v6.5.4',
        says: 'refresh tokens end after five years, however often they are used',
      },
    ],
    unconfirmed: ['that ID tokens lack the nonce: the page lists claims without it.'],
    pkce: 'undocumented',
  },
  record: () => ({
    name: 'QuickBooks',
    issuer: 'https://oauth.platform.intuit.com/op/v1',
    authorization_endpoint: 'https://appcenter.intuit.com/connect/oauth2',
    token_endpoint: 'https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer',
    revocation_endpoint: 'https://developer.api.intuit.com/v2/oauth2/tokens/revoke',
    userinfo_endpoint: 'https://accounts.platform.intuit.com/v1/openid_connect/userinfo',
    jwks_uri: 'https://oauth.platform.intuit.com/op/v1/jwks',
    token_endpoint_auth_method: 'client_secret_basic',
    dangerously_without_nonce: true,
    scopes: ['openid', 'profile', 'email', 'com.intuit.quickbooks.accounting'],
    redirect_fields: ['realmId'],
    rotation: 'rotate',
    idle_keepalive_days: 50,
    revoke: {
      style: 'rfc7009',
      format: 'json',
      token_kind: 'refresh_token',
      auth: 'client',
      blast_radius: 'grant',
      manual_url: 'https://accounts.intuit.com/app/account-manager/security',
    },
    // One person may keep the books of several companies.
    identity: {
      source: 'userinfo',
      key: ['sub', 'realmId'],
      label: ['email', 'givenName', 'sub'],
      email: 'email',
      email_verified: 'emailVerified',
      name: 'givenName',
    },
    scope_descriptions: {
      openid: 'Know which Intuit account this is',
      profile: 'See the name',
      email: 'See the e-mail address',
      phone: 'See the phone number',
      address: 'See the address',
      'com.intuit.quickbooks.accounting': 'See and change the books of the company',
      'com.intuit.quickbooks.payment': 'Take payments for the company',
    },
  }),
};
