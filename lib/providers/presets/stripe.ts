import type { Preset } from '#lib/providers/preset';

/** Stripe Connect with Standard accounts. */
export const stripe: Preset = {
  about: {
    console: 'https://dashboard.stripe.com/settings/connect/onboarding-options/oauth',
    setup: [
      'Enable OAuth for Standard accounts in the settings of Connect and add the redirect URI.',
      'The client id stands there (ca_…); the client secret is the platform’s secret API key (sk_…).',
      'Keys for testing and for live data have client ids of their own.',
      'Accounts that another platform controls cannot be connected with read_write.',
    ],
    sources: [
      { url: 'https://docs.stripe.com/connect/oauth-standard-accounts', says: 'the flow and its scopes' },
      {
        url: 'https://docs.stripe.com/connect/oauth-reference',
        says: 'endpoints, the API key as the secret, stripe_user_id, tokens that do not end; deauthorize names an account, not a token',
      },
    ],
    unconfirmed: ['that PKCE is ignored: the page does not name it.'],
    pkce: 'undocumented',
  },
  record: () => ({
    name: 'Stripe',
    issuer: 'https://connect.stripe.com',
    authorization_endpoint: 'https://connect.stripe.com/oauth/authorize',
    token_endpoint: 'https://connect.stripe.com/oauth/token',
    token_endpoint_auth_method: 'client_secret_post',
    scopes: ['read_write'],
    response_fields: ['stripe_user_id', 'livemode'],
    rotation: 'none',
    revoke: { style: 'none', manual_url: 'https://dashboard.stripe.com/settings/apps' },
    identity: {
      source: 'endpoint',
      endpoint: 'https://api.stripe.com/v1/account',
      subject: 'id',
      label: ['settings.dashboard.display_name', 'business_profile.name', 'email', 'id'],
      email: 'email',
      name: 'business_profile.name',
    },
    scope_descriptions: {
      read_only: 'See everything in the Stripe account',
      read_write: 'See and change everything in the Stripe account',
    },
  }),
};
