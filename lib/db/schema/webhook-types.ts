/** What endpoints can be told of. In a file of its own: the command line names the types and must not load the schema for it. */
export const webhookTypes = [
  'alert.opened',
  'alert.reopened',
  'alert.acknowledged',
  'alert.resolved',
  'connection.created',
  'connection.reconnected',
  'connection.needs_reauth',
  'connection.recovered',
  'connection.revoked',
] as const;
export type WebhookType = (typeof webhookTypes)[number];
