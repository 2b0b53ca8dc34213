import { type AppError, toAppError } from '#lib/errors';

/** An error answer of the machine API (RFC 9457), with our own members `code`, `request_id`, `issues` and, for
 * `refreshed_lately`, `token_fingerprint`; where a provider refused, `provider_error` is its own code. */
export interface Problem {
  /** A stable name for the kind of error: `urn:grantkeep:error:<code>`. */
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  request_id: string;
  issues?: readonly { path: string; message: string }[];
  token_fingerprint?: string;
  provider_error?: string;
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'Content Too Large',
  423: 'Locked',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
};

/** Seconds for `Retry-After`: on every 503 and 429, and where an error says so (RFC 9110 §10.2.3). */
export function retryAfterOf({ status, retryAfterSeconds }: AppError): number | undefined {
  return retryAfterSeconds ?? (status === 503 || status === 429 ? 5 : undefined);
}

function headersFor(error: AppError, requestId: string): Record<string, string> {
  const challenge =
    error.code === 'invalid_api_key' && !error.noToken
      ? ', error="invalid_token"'
      : error.code === 'insufficient_scope'
        ? `, error="${error.code}"`
        : '';
  const seconds = retryAfterOf(error);
  return {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'x-request-id': requestId,
    ...(error.status === 401 || challenge !== '' ? { 'www-authenticate': `Bearer realm="grantkeep"${challenge}` } : {}),
    ...(seconds === undefined ? {} : { 'retry-after': String(seconds) }),
  };
}

/** Fields of verbs that have another name in the API. */
const otherNames: Readonly<Record<string, string>> = { applicationTenant: 'tenant', connectionId: 'connection' };

/** A field of a verb's input as callers of the API write it: `codeChallenge` is `code_challenge` there. */
const asWritten = (path: string): string => {
  const [field = '', ...rest] = path.split('.');
  const name = otherNames[field] ?? field.replace(/[A-Z]/g, (at) => `_${at.toLowerCase()}`);
  return [name, ...rest].join('.');
};

/** The API's answer to an error. */
export function toProblem(error: AppError, requestId: string): Problem {
  return {
    type: `urn:grantkeep:error:${error.code}`,
    title: titles[error.status] ?? 'Error',
    status: error.status,
    detail: error.message,
    code: error.code,
    request_id: requestId,
    ...(error.tokenFingerprint ? { token_fingerprint: error.tokenFingerprint } : {}),
    ...(error.providerError ? { provider_error: error.providerError } : {}),
    ...(error.issues ? { issues: error.issues.map(({ path, message }) => ({ path: asWritten(path), message })) } : {}),
  };
}

/** The answer for an error: problem+json with what its code requires, RFC 6750 §3 challenges and `Retry-After`. */
export function problemParts(error: AppError, requestId: string) {
  return {
    status: error.status,
    headers: headersFor(error, requestId),
    body: JSON.stringify(toProblem(error, requestId)),
  };
}

/** The same as the web's answer, for a thrown value. */
export function problemResponse(thrown: unknown, requestId: string): Response {
  const { body, ...init } = problemParts(toAppError(thrown), requestId);
  return new Response(body, init);
}
