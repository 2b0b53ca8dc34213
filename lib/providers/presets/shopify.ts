import type { Preset } from '#lib/providers/preset';

const shop = 'https://{shop}.myshopify.com/admin';

export const shopify: Preset = {
  about: {
    console: 'https://dev.shopify.com/dashboard',
    setup: [
      'Create an app in the Dev Dashboard and add the redirect URI to its allowed redirection URLs.',
      'Set the scopes that the record asks for, here read_products.',
      'The person who connects gives the name of the shop, the part before .myshopify.com.',
    ],
    sources: [
      {
        url: 'https://shopify.dev/docs/apps/build/authentication-authorization/authenticate-standalone-apps',
        says: 'endpoints below the shop’s address, scopes joined by commas, the secret in the body, X-Shopify-Access-Token',
      },
      {
        url: 'https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/offline-access-tokens',
        says: 'expiring=1 asks for tokens of an hour with a refresh token of 90 days that is replaced at each use',
      },
      {
        url: 'https://shopify.dev/changelog/more-resilient-refreshes-for-expiring-offline-access-tokens',
        says: 'the old refresh token is kept until the new one is used, since 28 August 2026',
      },
    ],
    pkce: 'undocumented',
  },
  record: () => ({
    name: 'Shopify',
    issuer: 'https://{shop}.myshopify.com',
    authorization_endpoint: `${shop}/oauth/authorize`,
    token_endpoint: `${shop}/oauth/access_token`,
    account_params: [
      { name: 'shop', label: 'Name of the shop', pattern: '^[a-z0-9][a-z0-9\\-]{0,59}$', example: 'acme-shoes' },
    ],
    // A shop has its name below this domain, never a server of its own.
    operated_suffixes: ['myshopify.com'],
    token_endpoint_auth_method: 'client_secret_post',
    token_params: { expiring: '1' },
    scopes: ['read_products'],
    scope_sep_out: ',',
    scope_sep_in: ',',
    // A scope to write includes the one to read, which is then not named.
    scope_implies: {
      write_products: ['read_products'],
      write_orders: ['read_orders'],
      write_customers: ['read_customers'],
      write_inventory: ['read_inventory'],
      write_fulfillments: ['read_fulfillments'],
      write_content: ['read_content'],
      write_draft_orders: ['read_draft_orders'],
      write_discounts: ['read_discounts'],
    },
    rotation: 'rotate',
    idle_keepalive_days: 80,
    revoke: { style: 'none', manual_url: 'https://admin.shopify.com/settings/apps' },
    identity: {
      source: 'endpoint',
      endpoint: `${shop}/api/2026-07/graphql.json`,
      method: 'POST',
      body: { query: '{ shop { id name myshopifyDomain email } }' },
      token_header: { name: 'X-Shopify-Access-Token' },
      subject: 'data.shop.id',
      label: ['data.shop.myshopifyDomain', 'data.shop.name'],
      email: 'data.shop.email',
      name: 'data.shop.name',
    },
    scope_descriptions: {
      read_products: 'See products',
      write_products: 'Create and change products',
      read_orders: 'See orders of the last 60 days',
      write_orders: 'Change orders',
      read_all_orders: 'See all orders',
      read_customers: 'See customers',
      write_customers: 'Change customers',
      read_inventory: 'See the inventory',
      write_inventory: 'Change the inventory',
      read_fulfillments: 'See fulfilments',
      write_fulfillments: 'Change fulfilments',
    },
  }),
};
