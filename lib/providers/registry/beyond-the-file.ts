/**
 * What the largest registry does for a provider by code, so that its file does not say it: the lines of a record that do
 * the same here, and what no line does. By the entry's name there.
 */
export interface BeyondTheFile {
  fields?: Readonly<Record<string, unknown>>;
  lost?: string;
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

const withoutGrant = 'the registry asks for a token of the application itself, with no code';
const ownLibrary = 'the answers have other names than those of the protocol, read by a library of the provider';

export const beyondTheFile: Readonly<Record<string, BeyondTheFile>> = {
  agiloft: { fields: rawBasic },
  'absorb-lms': { lost: 'each request carries an API key of the person’s own portal' },
  braintree: { lost: ownLibrary },
  'braintree-sandbox': { lost: ownLibrary },
  clover: {
    fields: {
      token_param_names: { grant_type: null, redirect_uri: null },
      access_token_life: { path: 'access_token_expiration', as: 'moment' },
    },
  },
  fanvue: { fields: rawBasic },
  followupboss: { lost: 'the exchange repeats `state`' },
  heygen: { fields: withoutSecret },
  instagram: { fields: longLived('graph.instagram.com', 'ig') },
  jobber: { fields: { expires_default: 3600 } },
  'microsoft-admin': { lost: withoutGrant },
  'microsoft-teams-bot': { lost: withoutGrant },
  'posthog-oauth': { fields: withoutSecret },
  'revolut-business': { lost: 'the assertion of the client has an issuer and an audience of its own' },
  salesforce: { fields: { expires_default: 3600 } },
  'salesforce-sandbox': { fields: { expires_default: 3600 } },
  'salesforce-experience-cloud': { fields: { expires_default: 3600 } },
  'stripe-app': { lost: 'the secret stands alone in HTTP Basic, without the client’s id' },
  'stripe-app-sandbox': { lost: 'the secret stands alone in HTTP Basic, without the client’s id' },
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
  walmart: { lost: 'the exchange carries the seller’s id in a header' },
  'workday-oauth': { fields: { ...rawBasic, expires_default: 3600 } },
};
