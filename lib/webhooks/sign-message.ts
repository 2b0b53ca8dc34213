import { Webhook } from 'standardwebhooks';

/** A message as it is signed. */
export interface Message {
  id: string;
  /** The very bytes that are signed. */
  body: string;
}

/** What the hub waits for at a receiver. */
export const receiverLimits = {
  timeoutMs: 10_000,
  /** The receiver has said all with its status; the rest is read this far so that the connection can be used again. */
  maxBytes: 64 * 1024,
  dropBodyAfterMs: 1_000,
} as const;

/**
 * The headers of a message, signed to the Standard Webhooks specification.
 * @param at the time that is signed, which receivers hold against their clock
 * @param secrets each of them signs, the current one first
 */
export function signedHeaders({ id, body }: Message, at: Date, secrets: readonly string[]): Record<string, string> {
  return {
    'content-type': 'application/json',
    'user-agent': 'Grantkeep-Webhooks',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(' '),
  };
}
