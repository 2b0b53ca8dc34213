import pino, { type Logger } from 'pino';
import { conventionalFields } from '#lib/log-fields';
import { existing, once } from '#lib/process-parts';

export type { Logger };

/**
 * Names with values that never reach the log, at any depth and in any spelling, wherever the object comes from. The
 * rule is still to log ids and codes only; this is the net below it.
 */
const secretNames = new Set([
  ...['token', 'accesstoken', 'refreshtoken', 'idtoken', 'code', 'codeverifier', 'verifier', 'state', 'nonce', 'sid'],
  ...[
    'secret',
    'clientsecret',
    'password',
    'sessionpassword',
    'sessionpasswords',
    'key',
    'keys',
    'apikey',
    'vaultkeys',
  ],
  ...[
    'privatekey',
    'clientprivatekey',
    'assertion',
    'clientassertion',
    'authorization',
    'cookie',
    'cookies',
    'setcookie',
  ],
]);

const redacted = '[redacted]';
const deepest = 6;

/** Some of this is in every text that `scrub` changes; ids, paths and codes, most of the log, have none of it. */
const suspicious = /[\s=@:]|gk_|eyJ/;

/** Runs with dots, each looked at once: a secret that begins in the middle of a run is found in it. */
const dotted = /(?<![\w-])[\w-]+(?:\.[\w-]*){2,}/g;
/** The text between two slashes and an `@`. */
const userinfo = /\/\/([^\s/@]+)@/g;

function withoutJwt(run: string): string {
  const at = run.search(/\beyJ/);
  return at < 0 ? run : `${run.slice(0, at)}${redacted}`;
}

/**
 * Takes out of free text what looks like a key, a token, a credential in a URL, or a secret parameter of a request. Each
 * pattern reads a text in time that grows with its length: a provider writes as much of it as it likes.
 */
export function scrub(text: string): string {
  if (!suspicious.test(text)) return text;
  return (
    text
      .replace(/gk_[A-Za-z0-9_-]{8,}/g, `gk_${redacted}`)
      .replace(/\b(Bearer|Basic|DPoP)\s+[A-Za-z0-9._~+/=-]+/gi, `$1 ${redacted}`)
      .replace(dotted, withoutJwt)
      .replace(userinfo, (whole, given: string) => (/:./.test(given) ? `//${redacted}@` : whole))
      // Records name servers that call a code `auth_code` and a client's secret `app_secret`.
      .replace(
        /((?:^|[?&#\s"'])(?:(?:auth(?:orization)?_?)?code|state|token|nonce|assertion|(?:app_?)?secret)=)[^&\s"']+/gi,
        `$1${redacted}`,
      )
      .replace(
        /((?:access|refresh|id)_?token|client_?secret|code_?verifier|client_?assertion|password)(["']?\s*[:=]\s*["']?)[^&\s"',}]+/gi,
        `$1$2${redacted}`,
      )
  );
}

/** A provider's words of its refusal: codes, and a sentence that `providerText` made fit for the log. */
function providerWords(error: Error): Record<string, string> {
  const { providerError, providerSubcode, said } = error as Error &
    Partial<Record<'providerError' | 'providerSubcode' | 'said', unknown>>;
  const known = { provider_error: providerError, provider_subcode: providerSubcode, provider_said: said };
  const given = Object.entries(known).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(given.map(([name, text]) => [name, scrub(text).slice(0, 300)]));
}

/**
 * An error as the log may have it: its kind, code and scrubbed message, and the same of what caused it; no properties.
 * Its `code` is written as `error_code`, because `code` stands for authorization codes.
 */
export function describeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { message: `thrown ${typeof error}` };
  const code =
    'code' in error && (typeof error.code === 'string' || typeof error.code === 'number')
      ? { error_code: error.code }
      : {};
  // Only the frames: a message of several lines is at the head of the stack too.
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
  // The reference that a failed page shows.
  const digest = Object.hasOwn(error, 'digest') ? (error as { digest?: unknown }).digest : undefined;
  return {
    type: error.name,
    ...code,
    ...providerWords(error),
    ...(typeof digest === 'string' && /^[\w.]{1,64}$/.test(digest) ? { digest } : {}),
    // Drizzle puts a failed query's parameters into the message: rows of ours.
    message: scrub(error.message.replace(/\nparams: [\s\S]*$/, '')).slice(0, 500),
    ...(depth === 0 && frames.length > 0 ? { stack: scrub(frames.slice(0, 11).join('\n')) } : {}),
    ...(error instanceof AggregateError && depth < 4
      ? { errors: error.errors.slice(0, 3).map((each) => describeError(each, depth + 1)) }
      : {}),
    ...(error.cause !== undefined && depth < 4 ? { cause: describeError(error.cause, depth + 1) } : {}),
  };
}

/** A value as the log may have it: texts scrubbed, secret names redacted, instances other than errors named only. */
function cleaned(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return scrub(value);
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? String(value) : value;
  if (value instanceof Error) return describeError(value);
  if (value instanceof URL) return `${value.origin}${value.pathname}`;
  if (value instanceof Date) return value;
  if (depth > deepest) return '[deep]';
  if (Array.isArray(value)) return value.map((item) => cleaned(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return `[${value.constructor.name}]`;
  return cleanedFields(value, depth);
}

/** The findings about names: the lines of a busy process ask for the same few again and again. */
const judgedNames = new Map<string, boolean>();

/** Names are our own code's, but for those in objects of a library's or a provider's making, which may be any number. */
const mostJudged = 1000;

function isSecretName(name: string): boolean {
  const known = judgedNames.get(name);
  if (known !== undefined) return known;
  const secret = secretNames.has(name.toLowerCase().replaceAll(/[-_]/g, ''));
  if (judgedNames.size < mostJudged) judgedNames.set(name, secret);
  return secret;
}

function cleanedFields(value: object, depth = 0): Record<string, unknown> {
  const given = value as Record<string, unknown>;
  const fields: Record<string, unknown> = {};
  // One by one: lists of names and values in between cost a busy process as much as the line itself.
  for (const name of Object.keys(given)) {
    const field = given[name];
    const secret = field !== null && field !== undefined && isSecretName(name);
    fields[name] = secret ? redacted : cleaned(field, depth + 1);
  }
  return fields;
}

/** The most that is kept of a log that cannot be written just now, in bytes; more is dropped. */
const mostUnwritten = 16 * 1024 * 1024;

/**
 * Standard output, to which the lines of one turn of the event loop go in one write: a write for each request's line
 * costs more than the line. At its exit the process writes the lines that it still has. A reader that is gone or a full
 * disk costs lines and nothing else.
 */
function standardOutput(): pino.DestinationStream {
  const stream = pino.destination({ dest: 1, sync: true, maxLength: mostUnwritten });
  // By itself it would end the process. Its `flushSync` would try again for ever, with everything else standing still.
  stream.on('error', () => {});
  let lines = '';
  const writeLines = () => {
    const turn = lines;
    lines = '';
    if (turn !== '') stream.write(turn);
  };
  process.once('exit', writeLines);
  return {
    write(line) {
      if (lines === '') setImmediate(writeLines);
      lines += line;
    },
  };
}

/** pino's `isoTime`; many lines of a busy process share its text. */
function createTimestamp(): () => string {
  let at = Number.NaN;
  let text = '';
  return () => {
    const now = Date.now();
    if (now !== at) {
      at = now;
      text = pino.stdTimeFunctions.isoTime();
    }
    return text;
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
    timestamp: createTimestamp(),
    formatters: { level: (label) => ({ level: label }) },
    hooks: {
      logMethod(args, method) {
        const [first, ...rest] = args as unknown[];
        const event = first instanceof Error ? { err: describeError(first) } : cleaned(first);
        const line = typeof event === 'object' && event !== null ? conventionalFields({ ...event }) : event;
        method.apply(this, [line, ...rest.map((each) => cleaned(each))] as Parameters<typeof method>);
      },
    },
  };
  const pretty = { target: 'pino-pretty', options: { ignore: 'pid,hostname' } };
  const destination =
    options.destination ?? (options.pretty ? pino.transport(pretty) : once('standard-output', standardOutput));
  const logger = pino(base, destination);
  // pino asks no formatter of ours for what a child is given.
  const child = logger.child;
  return Object.assign(logger, {
    child(this: Logger, bindings: pino.Bindings) {
      return child.call(this, conventionalFields(cleanedFields(bindings)));
    },
  }) as Logger;
}

/**
 * The process's logger, made by the first who says how. Before that, while the configuration is not known, one that writes
 * JSON at `info`.
 */
export function getLogger(make?: () => Logger): Logger {
  if (make) return once('logger', make);
  return existing<Logger>('logger') ?? once('first-logger', () => createLogger({ level: 'info', pretty: false }));
}
