import { bareJson, decodeBody } from '#lib/oauth/answer-text';
import { OAuthError } from '#lib/oauth/oauth-error';
import type { CallFor, CallInit, OAuthDeps } from '#lib/oauth/types';
import { type SpanAttributes, traced } from '#lib/telemetry/span';

/** When an answer was sent by the clock of who sent it (RFC 9110 §6.6.1), in whole seconds; null where it does not say. */
export function sentAt(response: Response): number | null {
  const sent = Date.parse(response.headers.get('date') ?? '');
  return Number.isFinite(sent) ? Math.floor(sent / 1000) : null;
}

/** Where servers that send no `Retry-After` say when the next call may come: in seconds, or seconds since 1970. */
const resetHeaders = ['x-rate-limit-reset', 'x-ratelimit-reset', 'ratelimit-reset', 'x-ratelimit-reset-after'];

/** The seconds in `RateLimit: "default";r=0;t=40` (draft-ietf-httpapi-ratelimit-headers §4), or `reset=40` as of earlier. */
const windowEnd = /(?:^|[;,\s])(?:t|reset)=(\d+)/i;

/** Seconds of a number, of a moment (seconds or milliseconds since 1970), or of a date; NaN for anything else. */
function secondsUntil(value: string, from: number): number {
  if (!/^\d+(\.\d+)?$/.test(value)) return Math.ceil(Date.parse(value) / 1000 - from);
  const number = Number(value);
  if (number < 1e9) return Math.ceil(number);
  return Math.ceil((number < 1e12 ? number : number / 1000) - from);
}

/**
 * Whole seconds that a server asks to wait, at most a day: of its Retry-After header (RFC 9110 §10.2.3: seconds or a date),
 * else, of a 429, of the headers that name the end of the limit. A moment counts from the answer's own date: which of the
 * two clocks is right does not matter then.
 */
export function retryAfterSeconds(response: Response, now: Date): number | undefined {
  const from = sentAt(response) ?? now.getTime() / 1000;
  const names = ['retry-after', ...(response.status === 429 ? resetHeaders : [])];
  const told = names.map((name) => response.headers.get(name)?.trim()).filter((value) => value);
  if (response.status === 429) told.push(...(windowEnd.exec(response.headers.get('ratelimit') ?? '')?.slice(1) ?? []));
  const seconds = told.map((value) => secondsUntil(value ?? '', from)).find(Number.isFinite);
  return seconds === undefined ? undefined : Math.min(Math.max(seconds, 0), 86_400);
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

/** The address stays out: it may name an account's own server, and hold what belongs in no trace. */
const attributesOf = (provider: CallFor & { id?: string }, { method }: CallInit): SpanAttributes => ({
  'http.request.method': method ?? 'GET',
  ...(provider.id === undefined ? {} : { 'grantkeep.provider': provider.id }),
});

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
  const response = await traced(
    'provider call',
    () => attributesOf(provider, init),
    async (set) => {
      try {
        const answer = await deps.fetch(url, { ...init, redirect: 'manual', operatorHosts: provider.operator_hosts });
        set({ 'http.response.status_code': answer.status });
        return answer;
      } catch (error) {
        throw callFailure(error);
      }
    },
  );
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

/**
 * JSON with numbers that keep their value: a number that JavaScript would round comes as text. JSON that was made for
 * scripts, or written as JSON twice, is read by its content. @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  const reviver = exactNumber as (this: unknown, key: string, value: unknown) => unknown;
  const value: unknown = JSON.parse(bareJson(text), reviver);
  return typeof value === 'string' && /^\s*[[{]/.test(value) ? JSON.parse(value, reviver) : value;
}

/** The claims of a JWT that was verified, with numbers as they stand there. */
export const exactClaims = (jwt: string): Record<string, unknown> =>
  parseJson(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

/** The whole body, without white space round it. @throws OAuthError as `callProvider` */
export async function readText(response: Response): Promise<string> {
  try {
    return decodeBody(await response.bytes(), response.headers.get('content-type'));
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
export const readObject = async (response: Response): Promise<Record<string, unknown> | null> =>
  objectIn(await readText(response));

/** The codes of RFC 6749 §5.2: nothing else means them. */
const bareCode = /^\s*"?(invalid_(?:request|client|grant|scope)|unauthorized_client|unsupported_grant_type)"?\s*$/;

/** The same of a body's text. */
export function objectIn(text: string): Record<string, unknown> | null {
  // Some servers write the code alone, as text or as a text of JSON.
  const alone = bareCode.exec(text)?.[1];
  if (alone !== undefined) return { error: alone };
  try {
    const value = parseJson(text);
    // A list is read by its positions: `0.access_token`.
    if (Array.isArray(value)) return value.length > 0 ? { ...(value as unknown[]) } : null;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return looksLikeForm(text) ? Object.fromEntries(new URLSearchParams(text)) : null;
  }
}

/** The value at a dotted path of own members, or undefined. A name may hold dots itself: `https://hub.example/email`. */
export function valueAt(source: unknown, path: string): unknown {
  if (typeof source !== 'object' || source === null) return undefined;
  if (Object.hasOwn(source, path)) return (source as Record<string, unknown>)[path];
  for (let dot = path.indexOf('.'); dot !== -1; dot = path.indexOf('.', dot + 1)) {
    const name = path.slice(0, dot);
    if (!Object.hasOwn(source, name)) continue;
    const found = valueAt((source as Record<string, unknown>)[name], path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}
