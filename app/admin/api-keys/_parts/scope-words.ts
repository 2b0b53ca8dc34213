/** What each scope of an API key lets a service do. */
export const keyScopes = [
  {
    name: 'tokens:vend',
    meaning: 'Read a live access token of a connection. Refreshes it first where needed.',
  },
  {
    name: 'connections:read',
    meaning: 'List connections and see their state and what becomes of them, without tokens.',
  },
  { name: 'connections:create', meaning: 'Connect accounts for the people of its application.' },
  { name: 'connections:revoke', meaning: 'End connections, here and at the provider.' },
  { name: 'webhooks:manage', meaning: 'Add, change and remove webhooks, which tell of every connection and alert.' },
  {
    name: 'applications:manage',
    meaning: 'Register, change and disable applications, and where they lead people.',
  },
] as const;
