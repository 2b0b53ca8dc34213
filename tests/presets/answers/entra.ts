import type { DocumentedServer, MadeTokens } from '#tests/presets/documented';

const login = 'https://login.microsoftonline.com';
const tenant = '9122040d-6c67-4c5b-b112-36a304b66dad';
const object = '00000000-0000-0000-66f3-3332eca7ea81';

const answer = ({ access, refresh, idToken, at }: MadeTokens) => ({
  token_type: 'Bearer',
  // Without openid and offline_access, and with the address of Microsoft Graph.
  scope: 'https://graph.microsoft.com/User.Read',
  ...{ expires_in: 3736, ext_expires_in: 3736, access_token: access, refresh_token: refresh },
  id_token: idToken({
    iss: at(`${login}/${tenant}/v2.0`),
    ...{ sub: 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ', tid: tenant, oid: object, ver: '2.0' },
    ...{ name: 'Ada Lovelace', preferred_username: 'ada@contoso.example', email: 'ada@contoso.example' },
  }),
});

export const entra: DocumentedServer = {
  client: 'post',
  body: 'form',
  authorize: `${login}/common/oauth2/v2.0/authorize`,
  token: `${login}/common/oauth2/v2.0/token`,
  scopes: { joined: ' ' },
  pkce: 'taken',
  redirect: () => ({ session_state: '5d0d8ae1-0000-4000-8000-000000000001' }),
  exchanged: answer,
  // The old refresh token goes on working.
  refreshed: answer,
  calls: {},
  metadata: {
    at: `${login}/common/v2.0/.well-known/openid-configuration`,
    body: (at) => ({
      issuer: at(`${login}/{tenantid}/v2.0`),
      authorization_endpoint: at(`${login}/common/oauth2/v2.0/authorize`),
      token_endpoint: at(`${login}/common/oauth2/v2.0/token`),
      jwks_uri: at(`${login}/common/discovery/v2.0/keys`),
      userinfo_endpoint: at('https://graph.microsoft.com/oidc/userinfo'),
      response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
      id_token_signing_alg_values_supported: ['RS256'],
      subject_types_supported: ['pairwise'],
    }),
  },
  jwks: `${login}/common/discovery/v2.0/keys`,
  dead: {
    status: 400,
    body: {
      error: 'invalid_grant',
      error_description: 'AADSTS700082: The refresh token has expired due to inactivity.',
      error_codes: [700_082],
    },
  },
  account: { subject: `${tenant}/${object}`, label: 'ada@contoso.example' },
  lives: 3736,
};
