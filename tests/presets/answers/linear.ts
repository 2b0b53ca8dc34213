import type { DocumentedServer } from '#tests/presets/documented';

const viewer = { id: '5a1c7d3e-0000-4000-8000-000000000002', name: 'Ada Lovelace', email: 'ada@example.com' };
const organization = { id: '5a1c7d3e-0000-4000-8000-000000000003', urlKey: 'acme' };

export const linear: DocumentedServer = {
  client: 'post',
  body: 'form',
  authorize: 'https://linear.app/oauth/authorize',
  token: 'https://api.linear.app/oauth/token',
  scopes: { joined: ',' },
  pkce: 'taken',
  exchanged: ({ access, refresh }) => ({
    ...{ access_token: access, token_type: 'Bearer', expires_in: 86_399, scope: 'read', refresh_token: refresh },
  }),
  refreshed: ({ access, refresh }) => ({
    ...{ access_token: access, token_type: 'Bearer', expires_in: 86_399, scope: 'read', refresh_token: refresh },
  }),
  rotates: true,
  calls: { 'POST https://api.linear.app/graphql': { data: { viewer, organization } } },
  revokes: { at: 'https://api.linear.app/oauth/revoke', by: 'form', answer: { status: 200, body: '' } },
  dead: { status: 400, body: { error: 'invalid_grant' } },
  account: { subject: viewer.id, label: 'ada@example.com' },
  extras: { organization_id: organization.id, organization: 'acme' },
  lives: 86_399,
};
