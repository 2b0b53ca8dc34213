import type { Preset } from '#lib/providers/preset';

export const xero: Preset = {
  about: {
    console: 'https://developer.xero.com/app/manage',
    setup: [
      'Add a new app of the type *Web app* and enter the redirect URI.',
      'Generate a secret under *Configuration*.',
      'Up to 25 organisations can connect before Xero has certified the app.',
    ],
    sources: [
      {
        url: 'https://developer.xero.com/documentation/guides/oauth2/auth-flow/',
        says: 'endpoints, Basic, offline_access, tokens of 30 minutes, refresh tokens of 60 days with 30 minutes of grace, connections, revocation',
      },
      {
        url: 'https://developer.xero.com/documentation/guides/oauth2/pkce-flow/',
        says: 'PKCE (S256), described for apps without a secret',
      },
    ],
    pkce: 'documented',
  },
  record: () => ({
    name: 'Xero',
    issuer: 'https://identity.xero.com',
    authorization_endpoint: 'https://login.xero.com/identity/connect/authorize',
    token_endpoint: 'https://identity.xero.com/connect/token',
    revocation_endpoint: 'https://identity.xero.com/connect/revocation',
    jwks_uri: 'https://identity.xero.com/.well-known/openid-configuration/jwks',
    token_endpoint_auth_method: 'client_secret_basic',
    scopes: ['openid', 'profile', 'email', 'offline_access', 'accounting.settings.read'],
    rotation: { leeway_s: 1800 },
    idle_keepalive_days: 50,
    // It disconnects every organisation that this person connected to the app.
    revoke: {
      style: 'rfc7009',
      token_kind: 'refresh_token',
      auth: 'client',
      blast_radius: 'account',
      manual_url: 'https://apps.xero.com/connected-apps',
    },
    identity: {
      source: 'id_token',
      label: ['email', 'name', 'sub'],
      email: 'email',
      email_verified: 'email_verified',
      name: 'name',
    },
    // Every call names the organisation in the header xero-tenant-id.
    lookups: [
      {
        endpoint: 'https://api.xero.com/connections',
        choose: true,
        name: 'organisation',
        entry_label: ['tenantName'],
        fields: { tenant_id: 'tenantId', tenant_name: 'tenantName', tenant_type: 'tenantType' },
      },
    ],
    scope_descriptions: {
      openid: 'Know which Xero account this is',
      profile: 'See the name',
      email: 'See the e-mail address',
      offline_access: 'Stay connected without asking again',
      'accounting.settings.read': 'See settings, accounts and tax rates',
      'accounting.transactions': 'See and change invoices, bills and payments',
      'accounting.transactions.read': 'See invoices, bills and payments',
      'accounting.contacts': 'See and change contacts',
      'accounting.contacts.read': 'See contacts',
      'accounting.reports.read': 'See reports',
      'accounting.journals.read': 'See journals',
      'accounting.attachments': 'See and change attachments',
    },
  }),
};
