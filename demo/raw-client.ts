import { createHash, randomBytes } from 'node:crypto';
import { authorizeHeadless, type HeadlessChoices } from '#demo/consent';
import type { ProviderRecordInput } from '#demo/records';

/** A client that hides nothing: tests see each request and answer as it is. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON, or an empty object where it is none. */
  json: Record<string, unknown>;
}

export interface Flow {
  callback: URL;
  verifier: string;
}

export const appUrl = 'http://localhost:3999';

/** Where the app takes the answers of a provider. */
export const redirectUri = (provider: string): string => `${appUrl}/oauth/callback/${provider}`;

export interface AuthorizeOptions extends HeadlessChoices {
  scopes?: readonly string[];
  params?: Record<string, string>;
}

/** The authorization request with PKCE, as a client of this record sends it. */
export function authorizationUrl(record: ProviderRecordInput, verifier: string, options: AuthorizeOptions = {}): URL {
  const url = new URL(record.authorization_endpoint);
  const scopes = options.scopes ?? record.scopes;
  url.search = new URLSearchParams({
    client_id: record.client_id,
    redirect_uri: redirectUri(record.id),
    response_type: 'code',
    scope: scopes.join(' '),
    state: 'the-state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...(scopes.includes('openid') ? { nonce: 'the-nonce' } : {}),
    ...(record.id === 'google' ? { access_type: 'offline', prompt: 'consent' } : {}),
    ...options.params,
  }).toString();
  return url;
}

export async function authorize(record: ProviderRecordInput, options: AuthorizeOptions = {}): Promise<Flow> {
  const verifier = randomBytes(32).toString('base64url');
  return { callback: await authorizeHeadless(authorizationUrl(record, verifier, options), options), verifier };
}

/** POSTs a form with the record's client authentication. */
export async function post(
  record: ProviderRecordInput,
  url: string,
  form: Record<string, string>,
  headers: Record<string, string> = { accept: 'application/json' },
): Promise<Answer> {
  const body = new URLSearchParams(form);
  const sent = new Headers(headers);
  if (record.token_endpoint_auth_method === 'client_secret_basic') {
    sent.set('authorization', `Basic ${btoa(`${record.client_id}:${record.client_secret}`)}`);
  } else {
    body.set('client_id', record.client_id);
    body.set('client_secret', record.client_secret);
  }
  return read(await fetch(url, { method: 'POST', body, headers: sent, redirect: 'manual' }));
}

export async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  let json: Record<string, unknown> = {};
  try {
    json = JSON.parse(text) as Record<string, unknown>;
  } catch {
    // Some answers are no JSON on purpose.
  }
  return { status: response.status, headers: response.headers, text, json };
}

export function exchange(record: ProviderRecordInput, flow: Flow, form: Record<string, string> = {}): Promise<Answer> {
  return post(record, record.token_endpoint, {
    grant_type: 'authorization_code',
    code: flow.callback.searchParams.get('code') ?? '',
    redirect_uri: redirectUri(record.id),
    code_verifier: flow.verifier,
    ...form,
  });
}

export function refresh(record: ProviderRecordInput, refreshToken: unknown): Promise<Answer> {
  return post(record, record.token_endpoint, { grant_type: 'refresh_token', refresh_token: String(refreshToken) });
}

export function revoke(record: ProviderRecordInput, token: unknown): Promise<Answer> {
  return post(record, String(record.revocation_endpoint), { token: String(token) });
}

/** The whole flow: authorization, consent, exchange. */
export async function connect(record: ProviderRecordInput, options: AuthorizeOptions = {}): Promise<Answer> {
  return exchange(record, await authorize(record, options));
}

export async function get(url: string, token: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  return read(await fetch(url, { headers: { authorization: `Bearer ${String(token)}`, ...headers } }));
}
