import type { Lines, Oddity, OddParts } from '#demo/odd/oddity';

/** What a person writes for a server that keeps to the standards, and the scopes that the demo asks for. */
const standardLines = ({ issuer, clientId, clientSecret }: OddParts): Lines => ({
  id: 'odd',
  name: 'Odd',
  issuer: issuer(),
  client_id: clientId,
  client_secret: clientSecret,
  scopes: ['openid', 'email', 'profile', 'read', 'write'],
});

const isLines = (value: unknown): value is Lines =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Joins lines of a record: objects member by member, lists one after the other, else the later one counts. */
function joinLines(one: Lines, other: Lines): Lines {
  const joined: Record<string, unknown> = { ...one };
  for (const [name, value] of Object.entries(other)) {
    const before = joined[name];
    if (isLines(before) && isLines(value)) joined[name] = joinLines(before, value);
    else if (Array.isArray(before) && Array.isArray(value) && name !== 'scopes')
      joined[name] = [...new Set([...(before as unknown[]), ...(value as unknown[])])];
    else joined[name] = value;
  }
  return joined;
}

/** The lines that these oddities need beside a standard record. */
export const linesOf = (server: OddParts, on: Iterable<Oddity>): Lines =>
  [...on]
    .map(({ record = {} }) => (typeof record === 'function' ? record(server) : record))
    .reduce<Lines>(joinLines, {});

/** The record of the server with these oddities, as PROVIDERS_FILE has it. */
export const oddRecord = (server: OddParts, on: Iterable<Oddity>): Record<string, unknown> => ({
  ...joinLines(standardLines(server), linesOf(server, on)),
});
