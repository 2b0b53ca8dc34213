import { type KnownScopes, leaves, type Secrets, secretsIn, shownFields } from '#lib/flow-trace/mask';
import type { TraceStep } from '#lib/flow-trace/trace';
import { parseJson } from '#lib/oauth/provider-call';
import type { GuardedFetch } from '#lib/outbound/guarded-fetch';

const mostSteps = 20;

type Entries = [string, unknown][];

/** A step as it happened. It holds secrets, so it stays in memory, and only `shown` leaves it. */
interface RawStep {
  kind: TraceStep['kind'];
  at: number;
  method: string;
  url: string;
  authorization: string | null;
  sent: Entries;
  status: TraceStep['status'];
  contentType: string | null;
  received: Entries | null;
  receivedLength: number | null;
}

/** The content of a body, as leaves; null where it is neither JSON nor a form. */
function readEntries(text: string): Entries | null {
  try {
    const value = parseJson(text);
    return typeof value === 'object' && value !== null ? [...leaves(value)] : null;
  } catch {
    return /^[\w.%~+-]+=/.test(text) ? [...new URLSearchParams(text)] : null;
  }
}

const bare = (url: URL) => `${url.origin}${url.pathname}`;

export interface StepRecorder {
  fetch: GuardedFetch;
  /** An address that the browser was sent to, or came back on. */
  browser(kind: 'authorization_request' | 'redirect', url: URL, at: number): void;
  /** The bodies of the calls so far, as they came: for hints, which name paths and no values. */
  answers(): { url: string; body: unknown }[];
  /** Everything, masked. @param known secrets beside the ones that the steps themselves name */
  shown(known: readonly (string | null | undefined)[], scopes: KnownScopes): TraceStep[];
  secrets(known: readonly (string | null | undefined)[]): Secrets;
}

function jsonOf(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return readEntries(text) ? Object.fromEntries(new URLSearchParams(text)) : null;
  }
}

/** Notes what goes out through a fetch and what comes back. */
export function recordSteps(fetch: GuardedFetch, now: () => Date): StepRecorder {
  const steps: RawStep[] = [];
  const bodies: { url: string; body: unknown }[] = [];

  const begin = (url: URL, method: string, init: RequestInit): RawStep => {
    const body = typeof init.body === 'string' ? init.body : null;
    const step: RawStep = {
      kind: 'call',
      at: now().getTime(),
      method,
      url: bare(url),
      authorization: new Headers(init.headers).get('authorization'),
      sent: [...url.searchParams, ...(body === null ? [] : (readEntries(body) ?? [['body', body]]))] as Entries,
      status: null,
      contentType: null,
      received: null,
      receivedLength: null,
    };
    if (steps.length < mostSteps) steps.push(step);
    return step;
  };

  const secrets = (known: readonly (string | null | undefined)[]): Secrets =>
    new Set([
      ...known.filter((one) => typeof one === 'string' && one !== ''),
      ...steps.flatMap(({ sent, received, authorization }) => [
        ...secretsIn([...sent, ...(received ?? [])]),
        ...(authorization ? [authorization, ...authorization.split(' ').slice(1)] : []),
      ]),
    ] as string[]);

  const recorder: StepRecorder = {
    secrets,
    answers: () => bodies,
    browser(kind, url, at) {
      const step = begin(url, 'GET', {});
      Object.assign(step, { kind, at });
    },
    async fetch(input, init = {}) {
      const url = new URL(input instanceof Request ? input.url : input);
      const step = begin(url, (init.method ?? 'GET').toUpperCase(), init);
      try {
        const response = await fetch(input, init);
        const text = await response.clone().text();
        step.status = response.status;
        step.contentType = response.headers.get('content-type')?.split(';')[0]?.slice(0, 80) ?? null;
        step.received = readEntries(text.trim());
        step.receivedLength = text.length;
        bodies.push({ url: step.url, body: jsonOf(text.trim()) });
        return response;
      } catch (error) {
        step.status = error instanceof Error && 'code' in error ? String(error.code) : 'failed';
        throw error;
      }
    },
    shown(known, scopes) {
      const all = secrets(known);
      return steps.map(({ authorization, sent, received, url, ...step }) => {
        const [scheme = '', ...rest] = authorization?.split(' ') ?? [];
        const length = rest.join(' ').length;
        const [address] = shownFields([['url', url]], all);
        return {
          ...step,
          url: address?.value ?? '',
          authorization:
            authorization === null
              ? null
              : `${length ? scheme.slice(0, 10) : ''} ‹${length || scheme.length} characters›`,
          sent: shownFields(sent, all, scopes),
          received: received && shownFields(received, all, scopes),
        };
      });
    },
  };
  return recorder;
}
