import type { Preset } from '#lib/providers/preset';

export const zoom: Preset = {
  about: {
    console: 'https://marketplace.zoom.us/develop/create',
    setup: [
      'Build a *General App* that is *User-managed*.',
      'Enter the redirect URI as *OAuth Redirect URL* and in the allow list.',
      'Add the scopes that the record asks for, here user:read:user and meeting:read:list_meetings.',
    ],
    sources: [
      {
        url: 'https://developers.zoom.us/docs/integrations/oauth/',
        says: 'endpoints, Basic, tokens of an hour, a new refresh token at each refresh, revocation of an access token',
      },
      { url: 'https://developers.zoom.us/docs/integrations/PKCE/', says: 'PKCE (S256)' },
    ],
    pkce: 'documented',
  },
  record: () => ({
    name: 'Zoom',
    issuer: 'https://zoom.us',
    authorization_endpoint: 'https://zoom.us/oauth/authorize',
    token_endpoint: 'https://zoom.us/oauth/token',
    revocation_endpoint: 'https://zoom.us/oauth/revoke',
    token_endpoint_auth_method: 'client_secret_basic',
    scopes: ['user:read:user', 'meeting:read:list_meetings'],
    rotation: 'rotate',
    idle_keepalive_days: 80,
    revoke: {
      style: 'rfc7009',
      token_kind: 'access_token',
      auth: 'basic',
      blast_radius: 'grant',
      manual_url: 'https://marketplace.zoom.us/user/installed',
    },
    identity: {
      source: 'endpoint',
      endpoint: 'https://api.zoom.us/v2/users/me',
      subject: 'id',
      label: ['email', 'display_name', 'id'],
      email: 'email',
      name: 'display_name',
    },
    lookups: [{ endpoint: 'https://api.zoom.us/v2/users/me', fields: { account_id: 'account_id' } }],
    scope_descriptions: {
      'user:read:user': 'See the profile',
      'meeting:read:list_meetings': 'See the list of meetings',
      'meeting:read:meeting': 'See a meeting',
      'meeting:write:meeting': 'Create and change meetings',
      'cloud_recording:read:list_user_recordings': 'See recordings',
      'webinar:read:list_webinars': 'See webinars',
    },
  }),
};
