import { OAuthError } from '#lib/oauth/oauth-error';
import type { CallFor, CallInit, OAuthDeps } from '#lib/oauth/types';

/** When an answer was sent by the clock of who sent it (RFC 9110 §6.6.1), in whole seconds; null where it does not say. */
export function sentAt(response: Response): number | null {
  const sent = Date.parse(response.headers.get('date') ?? '');
  return Number.isFinite(sent) ? Math.floor(sent / 1000) : null;
}

/**
 * Whole seconds of a Retry-After header (RFC 9110 §10.2.3: seconds or a date), at most a day. A date counts from the
 * answer's own: which of the two clocks is right does not matter then.
 */
export function retryAfterSeconds(response: Response, now: Date): number | undefined {
  const value = response.headers.get('retry-after')?.trim();
  if (!value) return undefined;
  const from = sentAt(response) ?? now.getTime() / 1000;
  const seconds = /^\d{1,9}$/.test(value) ? Number(value) : Math.ceil(Date.parse(value) / 1000 - from);
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), 86_400) : undefined;
}

const outboundCodes = new Map([
  ['outbound_blocked', 'outbound_blocked'],
  ['outbound_timeout', 'provider_timeout'],
  ['outbound_too_large', 'answer_too_large'],
  ['outbound_redirect', 'redirect_refused'],
] as const);

/**
 * A failed fetch as an OAuthError: `provider_unreachable` where nothing of the request was written, so that nothing can
 * have come of it. The original is dropped: runtimes quote URLs, and URLs may carry secrets.
 */
function callFailure(error: unknown): OAuthError {
  if (error instanceof OAuthError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const name = error instanceof Error ? error.name : '';
  const unsent = error instanceof Error && 'sent' in error && error.sent === false;
  if (unsent && code !== 'outbound_blocked') {
    const why = 'reason' in error && error.reason ? String(error.reason) : code;
    return new OAuthError('provider_unreachable', { detail: why });
  }
  if (name === 'TimeoutError' || name === 'AbortError') return new OAuthError('provider_timeout');
  const known = outboundCodes.get(code as Parameters<typeof outboundCodes.get>[0]);
  const reason = error instanceof Error && 'reason' in error ? String(error.reason) : code;
  return new OAuthError(known ?? 'provider_unavailable', reason ? { detail: reason } : {});
}

/**
 * Calls the provider. A network failure, 408, 425, 429 and every 5xx become transient OAuthErrors here, whatever the body
 * says, so that no caller can mistake an outage for a dead grant.
 * @throws OAuthError a transient one (`provider_unreachable` where nothing was sent), `outbound_blocked`, `answer_too_large` or `redirect_refused`
 */
export async function callProvider(
  provider: CallFor,
  url: string | URL,
  init: CallInit,
  deps: OAuthDeps,
): Promise<Response> {
  let response: Response;
  try {
    response = await deps.fetch(url, { ...init, redirect: 'manual', operatorHosts: provider.operator_hosts });
  } catch (error) {
    throw callFailure(error);
  }
  if ([408, 425, 429].includes(response.status) || response.status >= 500) {
    throw new OAuthError(response.status === 429 ? 'rate_limited' : 'provider_unavailable', {
      retryAfterSeconds: retryAfterSeconds(response, deps.now()),
      detail: `http_${response.status}`,
    });
  }
  if (response.status >= 300 && response.status < 400 && !init.showRedirect) {
    throw new OAuthError('redirect_refused', { detail: `http_${response.status}` });
  }
  return response;
}

/** A number of JSON as JavaScript can hold it; else its digits as text, so that no account or amount changes. */
function exactNumber(_name: string, value: unknown, { source }: { source?: string }): unknown {
  if (typeof value !== 'number' || source === undefined) return value;
  const whole = /^-?\d+$/.test(source);
  const digits = source
    .replace(/[eE].*$/, '')
    .replace(/\D/g, '')
    .replace(/^0+/, '').length;
  const exact = whole
    ? Number.isSafeInteger(value)
    : Number.isFinite(value) && (digits <= 15 || String(value) === source);
  return exact ? value : source;
}

/** JSON whose numbers keep their value: those that JavaScript would round come as text. @throws SyntaxError */
export function parseJson(text: string): unknown {
  return JSON.parse(text, exactNumber as (this: unknown, key: string, value: unknown) => unknown);
}

/** The whole body, without white space round it. @throws OAuthError as `callProvider` */
export async function readText(response: Response): Promise<string> {
  try {
    return (await response.text()).trim();
  } catch (error) {
    throw callFailure(error);
  }
}

/** `name=value&…` with an unencoded name, as no HTML page and no sentence begins. */
const looksLikeForm = (text: string): boolean => /^[\w.%~+-]+=/.test(text);

/**
 * Reads a body, JSON or form-encoded, as one flat-or-nested object; null when it is neither. It is read by what it is,
 * whatever its `Content-Type` says.
 */
export async function readObject(response: Response): Promise<Record<string, unknown> | null> {
  const text = await readText(response);
  try {
    const value = parseJson(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return looksLikeForm(text) ? Object.fromEntries(new URLSearchParams(text)) : null;
  }
}

/** The value at a dotted path of own members, or undefined. */
export function valueAt(source: unknown, path: string): unknown {
  let value: unknown = source;
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}
