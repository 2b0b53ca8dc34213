/** Everything that the ledger can say. Closed: a new event is added here, with a sentence for the pages. */
export const ledgerActions = {
  'sign_in.completed': 'Signed in',
  'sign_in.refused': 'Sign-in refused',
  'session.ended': 'Signed out',
  'flow.started': 'Connecting begun',
  'flow.refused': 'Connecting refused',
  'connection.created': 'Connected',
  'connection.reconnected': 'Reconnected',
  'connection.needs_reconnect': 'Stopped working',
  'connection.revoked': 'Disconnected',
  'revocation.finished': 'Revoked at the provider',
  'revocation.failed': 'Not yet revoked at the provider',
  'token.refreshed': 'Token refreshed',
  'token.refresh_failed': 'Token not refreshed',
  'token.theft_suspected': 'Token theft suspected',
  'token.vended': 'Token read',
  'token.denied': 'Token refused',
  'api_key.created': 'API key created',
  'api_key.revoked': 'API key revoked',
  'person.role_changed': 'Role changed',
  'person.disabled': 'Person disabled',
  'person.enabled': 'Person enabled',
  'person.deleted': 'Person deleted',
  'request.refused': 'Request refused',
} as const;

export type LedgerAction = keyof typeof ledgerActions;
