import type { DocumentedServer, MadeTokens } from '#tests/presets/documented';

const user = {
  ...{ object: 'user', id: '5a1c7d3e-0000-4000-8000-000000000004', name: 'Ada Lovelace', type: 'person' },
  person: { email: 'ada@example.com' },
};
const workspace = { workspace_id: '5a1c7d3e-0000-4000-8000-000000000005', workspace_name: 'Acme' };
const bot = '5a1c7d3e-0000-4000-8000-000000000006';
const answer = ({ access, refresh }: MadeTokens) => ({
  ...{ access_token: access, token_type: 'bearer', refresh_token: refresh, bot_id: bot, workspace_icon: null },
  ...workspace,
  ...{ owner: { type: 'user', user }, duplicated_template_id: null, request_id: bot },
});

export const notion: DocumentedServer = {
  client: 'basic',
  body: 'json',
  authorize: 'https://api.notion.com/v1/oauth/authorize',
  token: 'https://api.notion.com/v1/oauth/token',
  scopes: null,
  pkce: 'taken',
  asks: { owner: 'user' },
  exchanged: answer,
  refreshed: answer,
  rotates: true,
  calls: {
    'GET https://api.notion.com/v1/users/me': {
      ...{ object: 'user', id: bot, name: 'Grantkeep', type: 'bot' },
      bot: { owner: { type: 'user', user }, workspace_name: 'Acme' },
    },
  },
  callHeaders: { 'notion-version': '2022-06-28' },
  introspects: { at: 'https://api.notion.com/v1/oauth/introspect', body: {} },
  revokes: {
    at: 'https://api.notion.com/v1/oauth/revoke',
    ...{ by: 'json', auth: 'basic', answer: { status: 200, body: { request_id: bot } } },
  },
  dead: { status: 400, body: { error: 'invalid_grant' } },
  account: { subject: `${workspace.workspace_id}/${user.id}`, label: 'ada@example.com' },
  extras: { ...workspace, bot_id: bot },
  lives: null,
};
