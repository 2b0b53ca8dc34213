/** A revoked account must not stand above the live one of the same name; otherwise the order stays. */
export function liveFirst<Connection extends { status: string }>(connections: readonly Connection[]): Connection[] {
  const ended = ({ status }: Connection) => Number(status === 'revoked');
  return connections.toSorted((one, other) => ended(one) - ended(other));
}
