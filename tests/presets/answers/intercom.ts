import type { DocumentedServer } from '#tests/presets/documented';

export const intercom: DocumentedServer = {
  client: 'post',
  body: 'form',
  authorize: 'https://app.intercom.com/oauth',
  token: 'https://api.intercom.io/auth/eagle/token',
  scopes: null,
  pkce: 'taken',
  exchanged: ({ access }) => ({ token_type: 'Bearer', token: access, access_token: access }),
  calls: {
    'GET https://api.intercom.io/me': {
      ...{ type: 'admin', id: '1295', email: 'ada@example.com', name: 'Ada Lovelace', email_verified: true },
      app: { type: 'app', id_code: 'abc123', name: 'Acme', region: 'EU' },
    },
  },
  revokes: { at: 'https://api.intercom.io/auth/uninstall', by: 'token', answer: { status: 200, body: {} } },
  account: { subject: 'abc123/1295', label: 'ada@example.com' },
  extras: { workspace_id: 'abc123', workspace_name: 'Acme', region: 'EU' },
  lives: null,
};
