import type { Preset, PresetAbout, PresetFields } from '#lib/providers/preset';

/** The parts that both of Slack's kinds of tokens have in common. */
export const slackAbout = {
  console: 'https://api.slack.com/apps',
  sources: [
    {
      url: 'https://docs.slack.dev/reference/methods/oauth.v2.access',
      says: 'endpoints, Basic preferred, ok: false with an error, authed_user beside the bot’s token',
    },
    {
      url: 'https://docs.slack.dev/authentication/using-token-rotation',
      says: 'tokens of twelve hours where rotation is on; a refresh revokes the old refresh token',
    },
    {
      url: 'https://docs.slack.dev/authentication/using-pkce',
      says: 'PKCE is for apps that became public clients, which cannot be undone: leave it off',
    },
    { url: 'https://docs.slack.dev/reference/methods/auth.test', says: 'who the token belongs to' },
    { url: 'https://docs.slack.dev/reference/methods/auth.revoke', says: 'revocation of the token that is handed in' },
  ],
  pkce: 'refused',
} satisfies Partial<PresetAbout>;

/** Slack with a bot's token. */
export const slackRecord = {
  issuer: 'https://slack.com',
  authorization_endpoint: 'https://slack.com/oauth/v2/authorize',
  token_endpoint: 'https://slack.com/api/oauth.v2.access',
  revocation_endpoint: 'https://slack.com/api/auth.revoke',
  token_endpoint_auth_method: 'client_secret_basic',
  dangerously_without_pkce: true,
  scope_sep_out: ',',
  scope_sep_in: ',',
  error_in_200: true,
  // Its word for the type names the token's owner.
  bearer_token_types: ['bot', 'user'],
  response_fields: ['team.id', 'team.name', 'enterprise.id', 'app_id'],
  rotation: 'rotate',
  dead_codes: ['invalid_refresh_token', 'token_revoked', 'token_expired', 'invalid_grant'],
  revoke: {
    style: 'rfc7009',
    token_kind: 'access_token',
    auth: 'none',
    blast_radius: 'token',
    gone_codes: ['invalid_auth', 'token_revoked', 'token_expired', 'account_inactive'],
    manual_url: 'https://slack.com/apps/manage',
  },
  identity: {
    source: 'endpoint',
    endpoint: 'https://slack.com/api/auth.test',
    key: ['team_id', 'user_id'],
    label: ['team', 'user', 'user_id'],
    name: 'user',
  },
} satisfies PresetFields;

export const slack: Preset = {
  about: {
    ...slackAbout,
    setup: [
      'Create an app, and under *OAuth & Permissions* add the redirect URI.',
      'Add the *Bot Token Scopes* that the record asks for, here team:read, channels:read and users:read.',
      'Switch *Token rotation* on; leave PKCE off.',
    ],
  },
  record: () => ({
    ...slackRecord,
    name: 'Slack',
    scopes: ['team:read', 'channels:read', 'users:read'],
    response_fields: [...slackRecord.response_fields, 'bot_user_id', 'authed_user.id'],
    scope_descriptions: {
      'team:read': 'See the name of the workspace',
      'channels:read': 'See the list of public channels',
      'channels:history': 'See messages in public channels the app was added to',
      'groups:read': 'See private channels the app was added to',
      'users:read': 'See people in the workspace',
      'users:read.email': 'See e-mail addresses of people in the workspace',
      'chat:write': 'Send messages as the app',
      'files:read': 'See files in channels the app was added to',
      'incoming-webhook': 'Post to one channel that the person chooses',
      commands: 'Add slash commands',
    },
  }),
};
