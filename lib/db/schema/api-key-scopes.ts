/** What a key may do. In a file of its own: the command line names the scopes and must not load the schema for it. */
export const apiKeyScopes = [
  'connections:read',
  'tokens:vend',
  'connections:create',
  'connections:revoke',
  'webhooks:manage',
  'applications:manage',
] as const;
export type ApiKeyScope = (typeof apiKeyScopes)[number];
