import type { LookupAddress } from 'node:dns';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type ListenOptions, UsageError } from '#lib/cli/invocation';
import { type ListenState, readListenState, writeListenState } from '#lib/cli/listen-state';
import { visible } from '#lib/cli/visible';
import { isLoopbackHost } from '#lib/config/address-class';
import type { HubSettings } from '#lib/config/command-line';
import { createGuardedFetch } from '#lib/outbound/guarded-fetch';
import { OutboundError } from '#lib/outbound/outbound-error';
import { newWebhookSecret } from '#lib/webhooks/secret';
import { receiverLimits, signedHeaders } from '#lib/webhooks/sign-message';

/** Until the hub is asked again, where it had nothing more. */
const pauseMs = 1_000;
/** The longest pause while the hub does not answer. */
const longestPauseMs = 30_000;
/** 500 messages are far below it. */
const longestAnswer = 4 * 1024 * 1024;

/** As much of an answer of `GET /events` as is needed. */
const eventsSchema = z.object({
  events: z.array(
    z.object({
      id: z.string().regex(/^[\w.]{1,100}$/),
      body: z.looseObject({ type: z.string().max(100), data: z.looseObject({ connection_id: z.string().max(100) }) }),
    }),
  ),
  next: z.string(),
  has_more: z.boolean(),
});
type Answer = z.infer<typeof eventsSchema>;
type Event = Answer['events'][number];

const problemSchema = z.object({ detail: z.string().max(1000) });

/** The hub cannot be asked now, and may be asked again. */
class Later extends Error {
  /** As the hub asks. */
  readonly seconds: number | null;

  constructor(message: string, seconds: number | null) {
    super(message);
    this.seconds = seconds;
  }
}

/** @throws UsageError for an address that is none, or would show the key to others on the way */
function originOf(text: string | undefined): string {
  if (!text) throw new UsageError('Give --hub, or set HUB_URL.');
  const url = URL.parse(text);
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url));
  if (!url || !isSafe) throw new UsageError('The hub is an https: address; http: is for this machine only.');
  return url.origin;
}

/** Asks the hub. @throws Later, Error */
function askHub(origin: string, apiKey: string) {
  const url = new URL('/api/v1/events', origin);
  const fetch = createGuardedFetch({
    operatorHosts: new Set([url.hostname]),
    timeoutMs: 30_000,
    maxBytes: longestAnswer,
  });
  return async (since: string | null, signal: AbortSignal): Promise<Answer> => {
    if (since !== null) url.searchParams.set('since', since);
    const answer = await fetch(url, { headers: { authorization: `Bearer ${apiKey}` }, signal }).catch(
      (error: unknown) => {
        if (!(error instanceof OutboundError) || error.code === 'outbound_blocked') throw error;
        throw new Later(`The hub at ${origin} does not answer.`, null);
      },
    );
    const read: unknown = await answer.json().catch(() => undefined);
    if (answer.ok) {
      const events = eventsSchema.safeParse(read);
      if (events.success) return events.data;
      throw new Error(`${origin} answers, and not as a hub does.`);
    }
    const told = problemSchema.safeParse(read).data?.detail ?? `${origin} answered ${answer.status}.`;
    if (answer.status !== 429 && answer.status < 500) throw new Error(told);
    const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN);
    throw new Later(told, Number.isInteger(seconds) ? seconds : null);
  };
}

/** `localhost` means this machine, whatever its resolver says (RFC 6761 §6.3). */
const thisMachine = (_: string, callback: (error: null, found: LookupAddress[]) => void) =>
  callback(null, [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ]);

/** Sends a message to the receiver; the status, or the code of why none came. */
function forwardTo(to: URL, secret: string) {
  const fetch = createGuardedFetch({ operatorHosts: new Set([to.hostname]), ...receiverLimits, resolve: thisMachine });
  return async ({ id, body }: Event, signal: AbortSignal): Promise<number | string> => {
    const text = JSON.stringify(body);
    const headers = signedHeaders({ id, body: text }, new Date(), [secret]);
    try {
      const init = { method: 'POST', headers, body: text, signal, showRedirect: true };
      return (await fetch(to, init)).status;
    } catch (error) {
      if (error instanceof OutboundError) return error.reason ?? error.code;
      throw error;
    }
  };
}

const print = (line: object) => process.stdout.write(`${visible(JSON.stringify(line))}\n`);
const tell = (text: string) => process.stderr.write(`grantkeep: ${text}\n`);

/**
 * Forwards events to a receiver on this machine until it is ended. It waits for a hub that does not answer and for a
 * receiver that is not there, and takes each other answer of the receiver for the end of that message.
 * @throws UsageError, or Error where the hub refuses the key
 */
export async function listen(options: ListenOptions, settings: HubSettings): Promise<void> {
  const { to, types, state: file } = options;
  const hub = originOf(options.hub ?? settings.url);
  if (!settings.apiKey) throw new UsageError('Set GRANTKEEP_KEY to an API key with the scope connections:read.');
  const kept = file === undefined ? undefined : readListenState(file, hub);
  const secret = kept?.secret ?? newWebhookSecret();
  const ask = askHub(hub, settings.apiKey);
  const forward = forwardTo(to, secret);
  const ended = new AbortController();
  const { signal } = ended;
  const end = () => ended.abort();
  process.once('SIGTERM', end).once('SIGINT', end);
  // Its reader is gone.
  process.stdout.on('error', end);
  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined);

  /** Sends it until something listens. Ended before: undefined. */
  async function deliver(event: Event): Promise<number | string | undefined> {
    for (let waits = false; !signal.aborted; waits = true) {
      const answer = await forward(event, signal);
      if (signal.aborted) return undefined;
      if (answer !== 'ECONNREFUSED') return answer;
      if (!waits) tell(`nothing listens at ${to.origin}. The event waits for it.`);
      await pause(pauseMs);
    }
    return undefined;
  }

  /** Forwards what was not forwarded before, and notes each; false where it was ended in between. */
  async function forwardAll(events: readonly Event[], before: ListenState): Promise<boolean> {
    const told = new Set(before.told);
    for (const event of events.filter(({ id }) => !told.has(id))) {
      const { id, body } = event;
      if (types === null || types.some((type) => type === body.type)) {
        const answer = await deliver(event);
        if (answer === undefined) return false;
        const outcome = typeof answer === 'number' ? { status: answer } : { status: null, code: answer };
        print({ id, type: body.type, connection: body.data.connection_id, ...outcome });
      }
      told.add(id);
      if (file !== undefined) writeListenState(file, { ...before, told: [...told] });
    }
    return true;
  }

  let state = kept;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const answer = await ask(state?.since ?? null, signal);
      failures = 0;
      if (!state) print({ to: to.origin + to.pathname, hub, secret, from: new Date().toISOString() });
      else if (state === kept) print({ to: to.origin + to.pathname, hub, secret, from: file });
      if (state && !(await forwardAll(answer.events, state))) break;
      state = { hub, secret, since: answer.next, told: answer.events.map(({ id }) => id) };
      if (file !== undefined) writeListenState(file, state);
      if (!answer.has_more) await pause(pauseMs);
    } catch (error) {
      if (signal.aborted) break;
      if (!(error instanceof Later)) throw error;
      if (failures === 0) tell(`${error.message} Listening goes on when it does.`);
      failures += 1;
      const { seconds } = error;
      await pause(seconds === null ? Math.min(longestPauseMs, 500 * 2 ** failures) : Math.min(seconds, 300) * 1000);
    }
  }
}
