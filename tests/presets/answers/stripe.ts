import type { DocumentedServer } from '#tests/presets/documented';

export const stripe: DocumentedServer = {
  client: 'post',
  body: 'form',
  authorize: 'https://connect.stripe.com/oauth/authorize',
  token: 'https://connect.stripe.com/oauth/token',
  scopes: { joined: ' ' },
  pkce: 'taken',
  exchanged: ({ access, refresh }) => ({
    ...{ access_token: access, livemode: false, refresh_token: refresh, token_type: 'bearer', scope: 'read_write' },
    ...{ stripe_publishable_key: 'pk_test_not_a_real_key', stripe_user_id: 'acct_1032D82eZvKYlo2C' },
  }),
  calls: {
    'GET https://api.stripe.com/v1/account': {
      ...{ id: 'acct_1032D82eZvKYlo2C', object: 'account', email: 'ada@example.com' },
      ...{ business_profile: { name: null }, settings: { dashboard: { display_name: 'Acme' } } },
    },
  },
  account: { subject: 'acct_1032D82eZvKYlo2C', label: 'Acme' },
  extras: { stripe_user_id: 'acct_1032D82eZvKYlo2C', livemode: false },
  lives: null,
};
