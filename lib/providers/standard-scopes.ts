/**
 * The scopes of OpenID Connect in words for people (OpenID Connect Core 1.0, sections 5.4 and 11). A server that knows
 * `openid` means these by them.
 */
export const standardScopes: Readonly<Record<string, string>> = {
  openid: 'Know which account this is',
  profile: 'See the profile',
  email: 'See the e-mail address',
  phone: 'See the phone number',
  address: 'See the address',
  offline_access: 'Stay connected without asking again',
};
