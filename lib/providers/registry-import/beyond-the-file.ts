import type { Part } from '#lib/providers/registry-import/import-report';

/**
 * Behaviour that the largest registry has in its code and not in its file: the lines of a record that do the same here,
 * and behaviour without a line. By the entry's name there.
 */
export interface BeyondTheFile {
  fields?: Readonly<Record<string, unknown>>;
  /** The values that the operator has to write into these fields. */
  write?: string;
  lost?: readonly [part: Part, message: string];
}

const rawBasic = { token_endpoint_auth_method: 'client_secret_basic', basic_encoding: 'raw' };
const withoutSecret = { token_endpoint_auth_method: 'none', client_secret_env: undefined };

/** Tokens of one of Meta's services: short at first, exchanged for one of 60 days, which renews itself. */
const longLived = (host: string, prefix: string) => ({
  refresh_endpoint: undefined,
  refresh_params: undefined,
  token_upgrade: {
    endpoint: `https://${host}/access_token`,
    params: { grant_type: `${prefix}_exchange_token` },
    token_param: 'access_token',
    client_params: ['client_secret'],
    dangerously_by_get: true,
  },
  token_renewal: {
    endpoint: `https://${host}/refresh_access_token`,
    params: { grant_type: `${prefix}_refresh_token` },
    token_param: 'access_token',
    dangerously_by_get: true,
  },
  idle_keepalive_days: 60,
});

/** Facebook exchanges an access token for one of 60 days, and that one again while it lives. */
const facebookCall = {
  endpoint: 'https://graph.facebook.com/v22.0/oauth/access_token',
  params: { grant_type: 'fb_exchange_token' },
  token_param: 'fb_exchange_token',
  client_params: ['client_id', 'client_secret'],
};
const facebookTokens = { token_upgrade: facebookCall, token_renewal: facebookCall, idle_keepalive_days: 60 };

const withoutGrant = ['exchange', 'the registry asks for a token of the application itself, with no code'] as const;
const ownLibrary = ['exchange', 'the answers have names of their own, read by a library of the provider'] as const;
const prolongs = ['refresh', 'the answer to a refresh has no token: it prolongs the life of the old one'] as const;
/** Made by code that the file names as the script after connecting. */
const secondToken = ['calls', 'a second token, for SharePoint itself, is neither asked for nor renewed'] as const;
const secretAlone = { ...rawBasic, basic_user: 'client_secret', expires_default: 3600 };

export const beyondTheFile: Readonly<Record<string, BeyondTheFile>> = {
  agiloft: {
    fields: rawBasic,
    lost: ['refresh', 'it carries a part of the client’s secret, in a parameter of its own'],
  },
  'absorb-lms': { lost: ['exchange', 'each request carries an API key of the person’s own portal'] },
  braintree: { lost: ownLibrary },
  'braintree-sandbox': { lost: ownLibrary },
  clover: {
    fields: {
      token_param_names: { grant_type: null, redirect_uri: null },
      access_token_life: { path: 'access_token_expiration', as: 'moment' },
    },
  },
  coros: { lost: prolongs },
  'coros-sandbox': { lost: prolongs },
  facebook: { fields: facebookTokens },
  fanvue: { fields: rawBasic },
  followupboss: { fields: { ...rawBasic, state_in_exchange: true } },
  heygen: { fields: withoutSecret },
  instagram: { fields: longLived('graph.instagram.com', 'ig') },
  jobber: { fields: { expires_default: 3600 } },
  'microsoft-admin': { lost: withoutGrant },
  'microsoft-teams-bot': { lost: withoutGrant },
  'one-drive': { lost: secondToken },
  'posthog-oauth': { fields: withoutSecret },
  'revolut-business': {
    fields: {
      client_secret_env: undefined,
      client_private_key_env: 'REVOLUT_BUSINESS_CLIENT_KEY',
      token_endpoint_auth_method: 'private_key_jwt',
      client_assertion_issuer: 'HOST_OF_APP_URL',
      client_assertion_audience: 'https://revolut.com',
    },
    write: 'write the host of APP_URL as `client_assertion_issuer`',
  },
  salesforce: { fields: { expires_default: 3600 } },
  'salesforce-sandbox': { fields: { expires_default: 3600 } },
  'salesforce-experience-cloud': { fields: { expires_default: 3600 } },
  'sharepoint-online': { lost: secondToken },
  'shopline-oauth': { lost: ['exchange', 'each request is signed with the client’s secret, in headers of its own'] },
  slack: { lost: ['exchange', 'the token of the person, which comes beside that of the bot, is not kept'] },
  'stripe-app': { fields: secretAlone },
  'stripe-app-sandbox': { fields: secretAlone },
  threads: { fields: longLived('graph.threads.net', 'th') },
  'tiktok-accounts': {
    fields: { token_request_format: 'json', token_param_names: { code: 'auth_code' }, token_path: 'data.access_token' },
  },
  'tiktok-ads': {
    fields: {
      token_request_format: 'json',
      token_param_names: {
        ...{ client_id: 'app_id', client_secret: 'secret', code: 'auth_code', grant_type: null, redirect_uri: null },
      },
      token_path: 'data.access_token',
    },
  },
  'tiktok-personal': { fields: { token_param_names: { client_id: 'client_key' } } },
  walmart: { lost: ['exchange', 'a header of each request is the seller’s id, which the redirect names'] },
  'workday-oauth': { fields: { ...rawBasic, expires_default: 3600 } },
};
