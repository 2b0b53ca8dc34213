/** What endpoints can be told of. In a file of its own: the command line names the types and must not load the schema for it. */
export const connectionTypes = [
  'connection.created',
  'connection.reconnected',
  'connection.needs_reauth',
  'connection.recovered',
  'connection.revoked',
] as const;
export const webhookTypes = [
  'alert.opened',
  'alert.reopened',
  'alert.acknowledged',
  'alert.resolved',
  ...connectionTypes,
] as const;
export type ConnectionType = (typeof connectionTypes)[number];
export type WebhookType = (typeof webhookTypes)[number];
