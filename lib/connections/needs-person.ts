import type { ConnectionView } from '#lib/connections/views';

/** What the person has still to choose: the word of the first list without a choice. */
export function unchosen({ choices }: Pick<ConnectionView, 'choices'>): string | null {
  return choices.find(({ chosen }) => chosen === null)?.name ?? null;
}

/** What an account page's summary counts: connections that wait for their person. */
export function needsPerson(
  connection: Pick<ConnectionView, 'status' | 'missingScopes' | 'choices' | 'named'>,
): boolean {
  if (connection.status === 'needs_reconnect') return true;
  const incomplete = connection.missingScopes.length > 0 || unchosen(connection) !== null || connection.named === false;
  return connection.status !== 'revoked' && incomplete;
}
