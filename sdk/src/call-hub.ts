import { setTimeout as sleep } from 'node:timers/promises';
import { type Operations, operations, type Problem } from './api.ts';
import { GrantkeepError } from './errors.ts';
import type { Settings } from './settings.ts';

export type OperationId = keyof Operations;
export type InputOf<Id extends OperationId> = Operations[Id]['input'];
export type AnswerOf<Id extends OperationId> = Operations[Id]['answer'];

interface AnyInput {
  path?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
}

/** Refusals after which waiting is of no use, although their status is one that passes. */
const lasting = new Set(['provider_configuration']);

/** Ids are opaque and plain. Anything else could lead to another operation. */
function fillPath(path: string, values: Record<string, unknown> = {}): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (typeof value !== 'string' || !/^\w+$/.test(value)) throw new TypeError(`The ${name} is not an id of the hub.`);
    return value;
  });
}

function addressOf(origin: string, path: string, { path: values, query = {} }: AnyInput): URL {
  const url = new URL(`${origin}/api/v1${fillPath(path, values)}`);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  return url;
}

function secondsIn(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) : undefined;
}

/** An answer of something else than the hub, such as a proxy before it. Its body is not repeated. */
export function foreignAnswer(status: number, retryAfterSeconds?: number): GrantkeepError {
  const message = `The address of the hub answered ${status}, and not in the hub’s form.`;
  return new GrantkeepError('hub_unreachable', message, { status, retryAfterSeconds });
}

/** The body of an answer, if it has that type and can be read. */
async function readJson(answer: Response, type: string): Promise<unknown> {
  // A parser's own fault quotes the text, which may hold a token.
  if (answer.headers.get('content-type')?.startsWith(type)) return answer.json().catch(() => undefined);
  await answer.body?.cancel().catch(() => undefined);
  return undefined;
}

/** The error that an answer tells of. */
async function refusalOf(answer: Response, connection: unknown, origin: string): Promise<GrantkeepError> {
  const { status, headers } = answer;
  const retryAfterSeconds = secondsIn(headers.get('retry-after'));
  const problem = (await readJson(answer, 'application/problem+json')) as Problem | undefined;
  if (typeof problem?.code !== 'string') return foreignAnswer(status, retryAfterSeconds);
  return new GrantkeepError(problem.code, problem.detail, {
    status,
    retryAfterSeconds,
    requestId: problem.request_id,
    providerError: problem.provider_error,
    issues: problem.issues,
    consentUrl: problem.code === 'needs_reconnect' ? `${origin}/connections/${connection}` : undefined,
  });
}

/** One request. @throws GrantkeepError for every answer that is no success, and where none comes */
async function ask(settings: Settings, method: string, url: URL, input: AnyInput): Promise<unknown> {
  const { origin, apiKey, timeoutMs } = settings;
  const { body } = input;
  try {
    const answer = await settings.fetch(url, {
      method,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${apiKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // The hub redirects no call. A redirect would be somebody else's, and would be shown the key.
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (!answer.ok) throw await refusalOf(answer, input.path?.id, origin);
    if (answer.status === 204) return undefined;
    const read = await readJson(answer, 'application/json');
    if (typeof read !== 'object' || read === null) throw foreignAnswer(answer.status);
    return read;
  } catch (cause) {
    if (cause instanceof GrantkeepError) throw cause;
    throw new GrantkeepError('hub_unreachable', 'The hub did not answer.', { cause });
  }
}

/** Milliseconds until it makes sense to ask again; undefined where it makes none. */
function waitAfter(error: unknown): number | undefined {
  if (!(error instanceof GrantkeepError) || lasting.has(error.code)) return undefined;
  if (error.status !== 429 && error.status !== 503) return undefined;
  // Callers that were refused together must not all come back in the same moment.
  const spread = Math.random() * 250;
  return error.retryAfterSeconds === undefined ? undefined : error.retryAfterSeconds * 1000 + spread;
}

/**
 * Calls one operation of the API. It waits as the hub asks by `Retry-After`, as long as that stays within
 * `maxWaitSeconds`.
 * @throws GrantkeepError
 */
export async function callHub<Id extends OperationId>(
  settings: Settings,
  id: Id,
  input: InputOf<Id>,
): Promise<AnswerOf<Id>> {
  const { method, path } = operations[id];
  const url = addressOf(settings.origin, path, input);
  const begun = performance.now();
  for (;;) {
    try {
      return (await ask(settings, method, url, input)) as AnswerOf<Id>;
    } catch (error) {
      const wait = waitAfter(error);
      if (wait === undefined || performance.now() - begun + wait > settings.maxWaitMs) throw error;
      await sleep(wait);
    }
  }
}
