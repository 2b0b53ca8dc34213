import type { Preset } from '#lib/providers/preset';

export const xero: Preset = {
  about: {
    console: 'https://developer.xero.com/app/manage',
    setup: [
      'Add a new app of the type *Web app* and enter the redirect URI.',
      'Generate a secret under *Configuration*.',
      'An app from after 2 March 2026 has narrow scopes, such as accounting.invoices.read; the wide ones are refused.',
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
      {
        url: 'https://www.apideck.com/blog/xero-scopes',
        says: 'accounting.transactions and accounting.reports.read are replaced by narrow scopes, for all apps by September 2027',
      },
      {
        url: 'https://github.com/XeroAPI/xero-ruby/issues/67',
        says: 'revoking a refresh token removes all connections of the person',
      },
      {
        url: 'https://github.com/osodevops/xero-cli/releases/tag/v0.5.0',
        says: 'PKCE together with the secret of a web app',
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
      'accounting.invoices': 'See and change invoices and bills',
      'accounting.invoices.read': 'See invoices and bills',
      'accounting.payments.read': 'See payments',
      'accounting.banktransactions.read': 'See bank transactions',
      'accounting.contacts': 'See and change contacts',
      'accounting.contacts.read': 'See contacts',
      'accounting.reports.read': 'See reports',
      'accounting.journals.read': 'See journals',
      'accounting.attachments': 'See and change attachments',
    },
  }),
};
