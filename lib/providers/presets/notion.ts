import type { Preset } from '#lib/providers/preset';

export const notion: Preset = {
  about: {
    console: 'https://www.notion.so/profile/integrations',
    setup: [
      'Create a *Public* integration and enter the redirect URI.',
      'Select its capabilities: the request names no scopes, and people choose the pages themselves.',
    ],
    sources: [
      {
        url: 'https://developers.notion.com/reference/create-a-token',
        says: 'Basic with a JSON body, bot_id, workspace_id and owner in the answer, new refresh tokens',
      },
      { url: 'https://developers.notion.com/reference/authorization', says: 'the authorization URL with owner=user' },
      { url: 'https://developers.notion.com/reference/revoke-token', says: 'revocation, Basic with a JSON body' },
      {
        url: 'https://github.com/makenotion/notion-sdk-js/blob/main/src/Client.ts',
        says: 'Notion’s own client: Notion-Version on every request, revocation and introspection with the token alone',
      },
    ],
    unconfirmed: ['that the version 2022-06-28 is still taken: Notion’s client sends 2025-09-03.'],
    pkce: 'undocumented',
  },
  record: () => ({
    name: 'Notion',
    issuer: 'https://api.notion.com',
    authorization_endpoint: 'https://api.notion.com/v1/oauth/authorize',
    token_endpoint: 'https://api.notion.com/v1/oauth/token',
    introspection_endpoint: 'https://api.notion.com/v1/oauth/introspect',
    revocation_endpoint: 'https://api.notion.com/v1/oauth/revoke',
    token_endpoint_auth_method: 'client_secret_basic',
    token_request_format: 'json',
    token_headers: { 'notion-version': '2022-06-28' },
    token_param_names: { token_type_hint: null },
    authorization_params: { owner: 'user' },
    scopes: [],
    response_fields: ['workspace_id', 'workspace_name', 'bot_id', 'duplicated_template_id'],
    rotation: 'rotate',
    revoke: {
      style: 'rfc7009',
      token_kind: 'access_token',
      auth: 'client',
      blast_radius: 'grant',
      manual_url: 'https://www.notion.so/my-connections',
    },
    // The token is a bot’s, made for one person and one workspace.
    identity: {
      source: 'endpoint',
      endpoint: 'https://api.notion.com/v1/users/me',
      headers: { 'notion-version': '2022-06-28' },
      key: ['workspace_id', 'bot.owner.user.id'],
      label: ['bot.owner.user.person.email', 'bot.owner.user.name', 'bot.workspace_name'],
      email: 'bot.owner.user.person.email',
      name: 'bot.owner.user.name',
    },
  }),
};
