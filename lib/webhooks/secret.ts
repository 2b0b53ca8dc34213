import { randomBytes } from 'node:crypto';
import type { Place } from '#lib/vault/vault';

/** Hours for which messages are signed with the secret before as well, so that receivers can change over at leisure. */
export const overlapHours = 24;

/** A signing secret as Standard Webhooks writes them: `whsec_` and base64 of 32 random bytes. */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

/** Where an endpoint's secret lives. */
export const secretPlace = (endpointId: string): Place => ({ row: endpointId, column: 'webhook_endpoints.secret' });
