export type { AccessToken } from './access-token.ts';
export type * from './api.ts';
export type { ConnectionRef, GrantkeepClient, Use } from './client.ts';
export { createClient } from './client.ts';
export { type ClientCode, GrantkeepError, type GrantkeepErrorCode, isGrantkeepError } from './errors.ts';
export { type FetchOptions, grantkeepFetch, type ProviderFetch } from './fetch.ts';
export { TokenRefused } from './refused.ts';
export type { ClientOptions } from './settings.ts';
