import type { Preset } from '#lib/providers/preset';

export const hubspot: Preset = {
  about: {
    console: 'https://app.hubspot.com/developer',
    setup: [
      'Create an app, and under *Auth* enter the redirect URI.',
      'Add exactly the scopes that the record asks for, here oauth and crm.objects.contacts.read: a missing or a further one is refused.',
    ],
    sources: [
      {
        url: 'https://developers.hubspot.com/docs/api-reference/2026-03/authentication/oauth-tokens/refresh-oauth-token',
        says: 'the token endpoint, code_verifier, the secret in the body',
      },
      {
        url: 'https://developers.hubspot.com/docs/api-reference/2026-03/authentication/oauth-tokens/token-introspect',
        says: 'introspection with hub_id, user_id and user',
      },
      {
        url: 'https://developers.hubspot.com/docs/api-reference/latest/authentication/oauth-tokens/revoke-token',
        says: 'revocation of a refresh token, with the secret in the body',
      },
      {
        url: 'https://developers.hubspot.com/docs/api-reference/legacy/authentication/oauth-tokens/v1/guide',
        says: 'the status BAD_REFRESH_TOKEN; revoking does not uninstall the app',
      },
    ],
    pkce: 'documented',
  },
  record: () => ({
    name: 'HubSpot',
    issuer: 'https://app.hubspot.com',
    authorization_endpoint: 'https://app.hubspot.com/oauth/authorize',
    token_endpoint: 'https://api.hubapi.com/oauth/2026-03/token',
    introspection_endpoint: 'https://api.hubapi.com/oauth/2026-03/token/introspect',
    revocation_endpoint: 'https://api.hubapi.com/oauth/2026-03/token/revoke',
    token_endpoint_auth_method: 'client_secret_post',
    scopes: ['oauth', 'crm.objects.contacts.read'],
    response_fields: ['hub_id'],
    rotation: 'none',
    dead_codes: ['invalid_grant'],
    dead_answers: [{ path: 'status', value: 'BAD_REFRESH_TOKEN' }],
    // Access tokens live on, for half an hour at most.
    revoke: {
      style: 'rfc7009',
      token_kind: 'refresh_token',
      auth: 'client',
      blast_radius: 'token',
      manual_url: 'https://app.hubspot.com/l/integrations-settings/installed',
    },
    // One person may connect several portals.
    identity: {
      source: 'introspection',
      key: ['hub_id', 'user_id'],
      label: ['user', 'hub_domain'],
      email: 'user',
    },
    scope_descriptions: {
      oauth: 'Know which HubSpot account this is',
      'crm.objects.contacts.read': 'See contacts',
      'crm.objects.contacts.write': 'Create and change contacts',
      'crm.objects.companies.read': 'See companies',
      'crm.objects.companies.write': 'Create and change companies',
      'crm.objects.deals.read': 'See deals',
      'crm.objects.deals.write': 'Create and change deals',
      'crm.objects.owners.read': 'See owners',
      tickets: 'See and change tickets',
    },
  }),
};
