import type { DocumentedServer, MadeTokens } from '#tests/presets/documented';

const shop = 'https://{shop}.myshopify.com/admin';
const answer = ({ access, refresh, scopes }: MadeTokens) => ({
  ...{ access_token: access, scope: scopes.join(','), expires_in: 3600 },
  ...{ refresh_token: refresh, refresh_token_expires_in: 7_776_000 },
});

export const shopify: DocumentedServer = {
  client: 'post',
  body: 'form',
  authorize: `${shop}/oauth/authorize`,
  token: `${shop}/oauth/access_token`,
  scopes: { joined: ',' },
  pkce: 'taken',
  sends: { expiring: '1' },
  parts: { shop: 'acme-shoes' },
  redirect: () => ({ shop: 'acme-shoes.myshopify.com', host: 'YWRtaW4', timestamp: '1337178173', hmac: 'a1b2c3' }),
  exchanged: answer,
  refreshed: answer,
  rotates: true,
  calls: {
    [`POST ${shop}/api/2026-07/graphql.json`]: {
      data: {
        shop: {
          ...{ id: 'gid://shopify/Shop/548380009', name: 'Acme Shoes', email: 'ada@example.com' },
          myshopifyDomain: 'acme-shoes.myshopify.com',
        },
      },
    },
  },
  tokenHeader: 'x-shopify-access-token',
  dead: { status: 400, body: { error: 'invalid_grant', error_description: 'The refresh token is invalid' } },
  account: { subject: 'gid://shopify/Shop/548380009', label: 'acme-shoes.myshopify.com' },
  lives: 3600,
};
