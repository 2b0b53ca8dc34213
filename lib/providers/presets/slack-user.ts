import type { Preset } from '#lib/providers/preset';
import { slackAbout, slackRecord } from '#lib/providers/presets/slack';

/** Slack with the token of a person instead of a bot. */
export const slackUser: Preset = {
  about: {
    ...slackAbout,
    setup: [
      'Create an app, and under *OAuth & Permissions* add the redirect URI.',
      'Add the *User Token Scopes* that the record asks for, here users:read and channels:read.',
      'Switch *Token rotation* on; leave PKCE off.',
    ],
  },
  record: () => ({
    ...slackRecord,
    name: 'Slack, as the person',
    // A person's scopes have a parameter of their own; `scope` would ask for a bot.
    authorization_param_names: { scope: 'user_scope' },
    scopes: ['users:read', 'channels:read'],
    // Nested when a code is exchanged, flat when refreshed.
    token_path: ['authed_user.access_token', 'access_token'],
    scope_descriptions: {
      'users:read': 'See people in the workspace',
      'users:read.email': 'See e-mail addresses of people in the workspace',
      'channels:read': 'See the list of public channels',
      'channels:history': 'See messages in public channels',
      'groups:history': 'See messages in private channels of this person',
      'im:history': 'See direct messages',
      'search:read': 'Search messages and files',
      'chat:write': 'Send messages as this person',
      'files:read': 'See files',
      'users.profile:write': 'Change the profile of this person',
    },
  }),
};
