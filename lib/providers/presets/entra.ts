import type { Preset, PresetFields } from '#lib/providers/preset';

const host = 'https://login.microsoftonline.com';

/** Microsoft Entra ID, for every tenant or for the one with the issuer that the operator wrote. */
const record = (written?: string): PresetFields => {
  const issuer = written ?? `${host}/common/v2.0`;
  const forAll = /^https:\/\/login\.microsoftonline\.com\/(?:common|organizations)\/v2\.0$/.test(issuer);
  return {
    name: 'Microsoft',
    issuer,
    discovery: 'oidc',
    ...(forAll ? { tenant_issuer: { template: `${host}/{tenantid}/v2.0`, claim: 'tid' } } : {}),
    token_endpoint_auth_method: 'client_secret_post',
    scopes: ['openid', 'profile', 'email', 'offline_access', 'User.Read'],
    sign_in_scopes: ['openid', 'profile', 'email'],
    step_up: 'auth_time',
    // Scopes of Microsoft Graph may come back with its address, and in another case.
    scope_prefixes: ['https://graph.microsoft.com/'],
    scope_case: 'insensitive',
    unechoed_scopes: ['openid', 'profile', 'email', 'offline_access'],
    another_account_params: { prompt: 'select_account' },
    // Each refresh brings a new refresh token, and the old one goes on working.
    rotation: 'none',
    idle_keepalive_days: 80,
    revoke: { style: 'none', manual_url: 'https://myapps.microsoft.com/' },
    // `sub` differs from application to application; the object id is the account’s own within its tenant.
    identity: {
      source: 'id_token',
      key: ['tid', 'oid'],
      label: ['preferred_username', 'email', 'name', 'oid'],
      email: 'email',
      name: 'name',
    },
    scope_descriptions: {
      openid: 'Know which Microsoft account this is',
      profile: 'See the name and the user name',
      email: 'See the e-mail address',
      offline_access: 'Stay connected without asking again',
      'User.Read': 'See the own profile',
      'Mail.Read': 'Read mail',
      'Mail.Send': 'Send mail as this person',
      'Calendars.Read': 'See calendars',
      'Calendars.ReadWrite': 'See and change calendars',
      'Contacts.Read': 'See contacts',
      'Files.Read': 'See files in OneDrive',
      'Files.ReadWrite.All': 'See and change all files that this person can open',
      'Sites.Read.All': 'See SharePoint sites',
      'Team.ReadBasic.All': 'See the list of teams',
      'ChannelMessage.Send': 'Send messages to channels as this person',
    },
  };
};

export const entra: Preset = {
  about: {
    console: 'https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade',
    setup: [
      'Register an application, say which tenants may use it, and add the redirect URI under the platform *Web*.',
      'Create a client secret under *Certificates & secrets* and note when it ends.',
      'Add the delegated permissions that the record asks for, here User.Read of Microsoft Graph.',
      'For one tenant only, write https://login.microsoftonline.com/ with its id and /v2.0 as `issuer`.',
    ],
    sources: [
      {
        url: 'https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow',
        says: 'PKCE (S256) for every kind of application, offline_access, a new refresh token at each refresh, prompt=select_account, login_hint',
      },
      {
        url: 'https://learn.microsoft.com/en-us/entra/identity-platform/v2-protocols-oidc',
        says: 'metadata with {tenantid} in its issuer',
      },
      {
        url: 'https://learn.microsoft.com/en-us/entra/identity-platform/id-token-claims-reference',
        says: 'tid and oid; no claim that an address is verified',
      },
      {
        url: 'https://learn.microsoft.com/en-us/entra/identity-platform/refresh-tokens',
        says: '90 days; a used refresh token is not revoked',
      },
    ],
    pkce: 'documented',
  },
  record,
};
