import pino, { type Logger } from 'pino';
import { once } from '#lib/registry';

export type { Logger };

/**
 * Paths that never reach the log, whoever passes an object that has them. The rule is still to log ids and codes only;
 * this is the net below it.
 */
const redacted = [
  'access_token',
  'refresh_token',
  'id_token',
  'token',
  'accessToken',
  'refreshToken',
  'idToken',
  'code',
  'code_verifier',
  'verifier',
  'state',
  'nonce',
  'client_secret',
  'clientSecret',
  'password',
  'key',
  'apiKey',
  'authorization',
  'cookie',
  'cookies',
  'secret',
  'assertion',
  'client_assertion',
];

/** Removes what follows a question mark, and anything that looks like one of our keys or a token, from free text. */
export function scrub(text: string): string {
  return text
    .replace(/gk_[A-Za-z0-9_-]{8,}/g, 'gk_[redacted]')
    .replace(/\b(Bearer|Basic|DPoP)\s+[A-Za-z0-9._~+/=-]+/gi, '$1 [redacted]')
    .replace(/\beyJ[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*){2,4}/g, '[redacted]')
    .replace(
      /([?&#](?:code|state|access_token|refresh_token|id_token|token|client_secret|code_verifier|nonce)=)[^&\s"']+/gi,
      '$1[redacted]',
    );
}

/** An error as the log may have it (`code` alone is kept for authorization codes, and redacted): its kind, code and scrubbed message, and the same of what caused it; no properties. */
export function describeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: `thrown ${typeof error}` };
  const code =
    'code' in error && (typeof error.code === 'string' || typeof error.code === 'number')
      ? { error_code: error.code }
      : {};
  return {
    type: error.name,
    ...code,
    message: scrub(error.message).slice(0, 500),
    ...(depth === 0 && error.stack ? { stack: scrub(error.stack.split('\n').slice(1, 12).join('\n')) } : {}),
    ...(error.cause !== undefined && depth < 4 ? { cause: describeError(error.cause, depth + 1) } : {}),
  };
}

/** A logger: one JSON line an event in production, readable lines in development. */
export function createLogger(options: {
  level: string;
  pretty: boolean;
  destination?: pino.DestinationStream;
}): Logger {
  const base: pino.LoggerOptions = {
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: redacted.flatMap((name) => [name, `*.${name}`, `*.*.${name}`, `*["${name}"]`]),
      censor: '[redacted]',
    },
    serializers: { err: (error) => describeError(error), error: (error) => describeError(error) },
    hooks: {
      logMethod(args, method) {
        method.apply(
          this,
          args.map((arg) => (typeof arg === 'string' ? scrub(arg) : arg)) as Parameters<typeof method>,
        );
      },
    },
  };
  if (options.destination) return pino(base, options.destination);
  if (options.pretty)
    return pino({ ...base, transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname' } } });
  return pino(base);
}

/** The process's logger; before the configuration is known it writes JSON at `info`. */
export function getLogger(make: () => Logger = () => createLogger({ level: 'info', pretty: false })): Logger {
  return once('logger', make);
}
