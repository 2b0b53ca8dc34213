import type { DocumentedServer, MadeTokens } from '#tests/presets/documented';

const answer = ({ access, refresh, scopes, idToken }: MadeTokens) => ({
  id_token: idToken({
    ...{ sub: '80e4a0ef2f3f5f5a9f4f3a6b0d9c1e11', email: 'ada@example.com', given_name: 'Ada', name: 'Ada Lovelace' },
    xero_userid: '5a1c7d3e-0000-4000-8000-000000000007',
  }),
  ...{ access_token: access, expires_in: 1800, token_type: 'Bearer', refresh_token: refresh, scope: scopes.join(' ') },
});

export const xero: DocumentedServer = {
  client: 'basic',
  body: 'form',
  authorize: 'https://login.xero.com/identity/connect/authorize',
  token: 'https://identity.xero.com/connect/token',
  scopes: { joined: ' ' },
  pkce: 'taken',
  exchanged: answer,
  refreshed: answer,
  rotates: true,
  calls: {
    'GET https://api.xero.com/connections': [
      {
        ...{ id: 'c-0', tenantId: '91c0b0a1-0000-4000-8000-000000000002', tenantType: 'ORGANISATION' },
        tenantName: 'Other',
      },
      { id: 'c-1', tenantId: '70784a63-d24b-46a9-a4db-0e70a274b056', tenantType: 'ORGANISATION', tenantName: 'Acme' },
    ],
  },
  jwks: 'https://identity.xero.com/.well-known/openid-configuration/jwks',
  revokes: {
    at: 'https://identity.xero.com/connect/revocation',
    ...{ by: 'form', auth: 'basic', answer: { status: 200, body: '' } },
  },
  dead: { status: 400, body: { error: 'invalid_grant' } },
  account: { subject: '80e4a0ef2f3f5f5a9f4f3a6b0d9c1e11', label: 'ada@example.com' },
  offers: { organisation: ['Other', 'Acme'] },
  chooses: { organisation: 'Acme' },
  extras: { tenant_id: '70784a63-d24b-46a9-a4db-0e70a274b056', tenant_name: 'Acme', tenant_type: 'ORGANISATION' },
  lives: 1800,
};
