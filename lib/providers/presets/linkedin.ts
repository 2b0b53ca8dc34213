import type { Preset } from '#lib/providers/preset';

export const linkedin: Preset = {
  about: {
    console: 'https://www.linkedin.com/developers/apps',
    setup: [
      'Create an app of a LinkedIn page and have the page verify it.',
      'Under *Products* add *Sign In with LinkedIn using OpenID Connect*; posts need *Share on LinkedIn*.',
      'Under *Auth* add the redirect URI.',
      'Refresh tokens come only for apps that LinkedIn has approved for them: others ask again after 60 days.',
    ],
    sources: [
      {
        url: 'https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow',
        says: 'endpoints, the secret in the body, no PKCE in this flow, tokens of 60 days',
      },
      {
        url: 'https://learn.microsoft.com/en-us/linkedin/shared/authentication/programmatic-refresh-tokens',
        says: 'refresh tokens of a year that stay, for approved partners',
      },
      {
        url: 'https://learn.microsoft.com/en-us/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2',
        says: 'OpenID Connect, userinfo, an ID token with no nonce among its claims',
      },
      {
        url: 'https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow-native',
        says: 'PKCE is a flow of its own, for native apps without a secret that LinkedIn enables by hand',
      },
      {
        url: 'https://github.com/UsefulSoftwareCo/executor/issues/2087',
        says: 'a live comparison: a code_verifier beside the secret is answered 401 invalid_client',
      },
    ],
    unconfirmed: ['that ID tokens lack the nonce: the page lists claims without it.'],
    pkce: 'refused',
  },
  record: () => ({
    name: 'LinkedIn',
    issuer: 'https://www.linkedin.com/oauth',
    authorization_endpoint: 'https://www.linkedin.com/oauth/v2/authorization',
    token_endpoint: 'https://www.linkedin.com/oauth/v2/accessToken',
    introspection_endpoint: 'https://www.linkedin.com/oauth/v2/introspectToken',
    userinfo_endpoint: 'https://api.linkedin.com/v2/userinfo',
    jwks_uri: 'https://www.linkedin.com/oauth/openid/jwks',
    token_endpoint_auth_method: 'client_secret_post',
    dangerously_without_pkce: true,
    dangerously_without_nonce: true,
    scopes: ['openid', 'profile', 'email'],
    scope_sep_in: ',',
    rotation: 'none',
    revoke: {
      style: 'none',
      manual_url: 'https://www.linkedin.com/mypreferences/d/data-sharing-for-permitted-services',
    },
    identity: {
      source: 'id_token',
      label: ['email', 'name', 'sub'],
      email: 'email',
      email_verified: 'email_verified',
      name: 'name',
    },
    scope_descriptions: {
      openid: 'Know which LinkedIn account this is',
      profile: 'See the name and picture',
      email: 'See the e-mail address',
      w_member_social: 'Post, comment and react as this person',
      r_organization_social: 'See posts of an organisation',
      w_organization_social: 'Post as an organisation',
      rw_organization_admin: 'Manage pages of an organisation',
      r_ads: 'See advertising accounts',
    },
  }),
};
