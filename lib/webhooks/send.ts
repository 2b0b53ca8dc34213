import type { Config } from '#lib/config/config';
import type { Context } from '#lib/context';
import type { webhookEndpoints } from '#lib/db/schema/webhooks';
import type { ResolveAll } from '#lib/outbound/connect-policy';
import { createGuardedFetch } from '#lib/outbound/guarded-fetch';
import { once } from '#lib/process-parts';
import { secretPlace } from '#lib/webhooks/secret';
import { type Message, receiverLimits, signedHeaders } from '#lib/webhooks/sign-message';

/** How an attempt went: a status, or the code of why none came. The answer's body is of no interest and is not kept. */
export interface Sent {
  status: number | null;
  code: string | null;
  durationMs: number;
  /** Seconds, where the receiver asks for rest (RFC 9110 §10.2.3). */
  retryAfterSeconds: number | null;
}

/**
 * The way out to receivers. An administrator writes their addresses in the browser, not the operator, so only public
 * ones are reached, and the hosts that the operator names in WEBHOOK_INTERNAL_HOSTS.
 * @param resolve another resolver of names than the system's
 */
export function createWebhookFetch(
  { webhookInternalHosts, proxy }: Pick<Config, 'webhookInternalHosts' | 'proxy'>,
  resolve?: ResolveAll,
): typeof fetch {
  return createGuardedFetch({
    operatorHosts: new Set(webhookInternalHosts),
    ...receiverLimits,
    connectionsPerHost: 8,
    ...(proxy ? { proxy } : {}),
    ...(resolve ? { resolve } : {}),
  });
}

function fetchFor(config: Config): typeof fetch {
  const made = once('webhook-fetch', () => new WeakMap<Config, typeof fetch>());
  const known = made.get(config);
  if (known) return known;
  const one = createWebhookFetch(config);
  made.set(config, one);
  return one;
}

type Keys = Pick<typeof webhookEndpoints.$inferSelect, 'id' | 'url' | 'secret' | 'previousSecret' | 'previousUntil'>;

/** The secrets that are valid at that moment, the current one first. */
function secretsOf(ctx: Context, endpoint: Keys, at: Date): string[] {
  const { previousSecret, previousUntil } = endpoint;
  const overlapping = previousSecret && previousUntil && previousUntil > at ? [previousSecret] : [];
  return [endpoint.secret, ...overlapping].map((sealed) => ctx.vault.open(sealed, secretPlace(endpoint.id)));
}

function retryAfter(answer: Response): number | null {
  const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN);
  return Number.isInteger(seconds) && seconds >= 0 ? seconds : null;
}

/**
 * Sends a message to an endpoint, signed to the Standard Webhooks specification. Never throws for what the receiver does:
 * the outcome says it, without anything that the receiver wrote.
 * @param at the time that is signed, which receivers hold against their clock
 */
export async function sendMessage(
  ctx: Context,
  endpoint: Keys,
  message: Message,
  at: Date,
  signal?: AbortSignal,
): Promise<Sent> {
  const begun = performance.now();
  const durationMs = () => Math.round(performance.now() - begun);
  try {
    const headers = signedHeaders(message, at, secretsOf(ctx, endpoint, at));
    const answer = await fetchFor(ctx.config)(endpoint.url, {
      method: 'POST',
      headers,
      body: message.body,
      ...(signal ? { signal } : {}),
    });
    return { status: answer.status, code: null, durationMs: durationMs(), retryAfterSeconds: retryAfter(answer) };
  } catch (error) {
    const coded = error instanceof Error && 'code' in error;
    const code = coded ? String(error.code) : 'internal';
    if (!code.startsWith('outbound_')) ctx.log.error({ event: 'webhook_not_sent', endpoint: endpoint.id, err: error });
    return { status: null, code, durationMs: durationMs(), retryAfterSeconds: null };
  }
}
