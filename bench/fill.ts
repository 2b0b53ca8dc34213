import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { sealTokens } from '#lib/connections/tokens-at-rest';
import type { Runtime } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { newConnectionId, newPersonId } from '#lib/ids';

/** A connection as its caller knows it. */
export interface Filled {
  id: string;
  accessToken: string;
}

export interface Filling {
  count: number;
  provider: string;
  /** Seconds until the access tokens end; negative for ended ones. */
  expiresIn: number;
  /** The refresh token of each; made up where nobody will spend it. */
  refreshToken?: (n: number) => string;
}

const accountsPerPerson = 4;
const peoplePerInsert = 250;
const scopes = ['read', 'write'];
const names = ['Ada', 'Grace', 'Edsger', 'Barbara', 'Donald', 'Leslie', 'Frances', 'Niklaus', 'Radia', 'Tony'];
const surnames = [
  'Marlow',
  'Okafor',
  'Lindqvist',
  'Haddad',
  'Petrov',
  'Nakamura',
  'Silva',
  'Kowalski',
  'Moreau',
  'Novak',
];

/** Fills the tables with people of four accounts each, made one second apart, and brings the planner up to date. */
export async function fillConnections(runtime: Runtime, filling: Filling): Promise<Filled[]> {
  const filled: Filled[] = [];
  const { db } = runtime.database;
  for (let at = 0; at < filling.count; at += peoplePerInsert * accountsPerPerson) {
    const size = Math.min(peoplePerInsert * accountsPerPerson, filling.count - at);
    const persons = Array.from({ length: Math.ceil(size / accountsPerPerson) }, (_, n) =>
      newPerson(at / accountsPerPerson + n),
    );
    const made = await Promise.all(
      Array.from({ length: size }, (_, n) =>
        newConnection(runtime, filling, persons[Math.floor(n / accountsPerPerson)], at + n),
      ),
    );
    await db.insert(people).values(persons);
    await db.insert(connections).values(made.map(({ row }) => row));
    for (const { row, accessToken } of made) filled.push({ id: row.id, accessToken });
  }
  await db.execute(sql`vacuum (analyze) people, connections`);
  return filled;
}

function newPerson(n: number) {
  const id = newPersonId();
  const name = `${names[n % names.length]} ${surnames[Math.floor(n / names.length) % surnames.length]}`;
  const email = `${name.toLowerCase().replace(' ', '.')}.${n}@example.com`;
  return { id, provider: 'acme', issuer: 'https://id.example', subject: id, name, email };
}

/** As long as providers' tokens are. */
const newToken = () => randomBytes(96).toString('base64url');

async function newConnection(
  runtime: Runtime,
  { provider, expiresIn, refreshToken }: Filling,
  person: ReturnType<typeof newPerson> | undefined,
  n: number,
) {
  if (!person) throw new Error('A connection needs its person.');
  const id = newConnectionId(person.id);
  const accessToken = newToken();
  const answer = {
    access_token: accessToken,
    token_type: 'bearer',
    expires_in: expiresIn,
    refresh_token: refreshToken?.(n) ?? newToken(),
    refresh_token_expires_in: null,
    scopes: null,
    id_token_claims: null,
    extras: {},
  };
  const row = {
    personId: person.id,
    id,
    provider,
    issuer: 'https://acme.example',
    subject: id,
    label: person.email,
    status: 'connected',
    scopesRequested: scopes,
    scopesGranted: scopes,
    authorization: { pkce: 'S256', issChecked: true, idTokenChecked: false, userAgent: null },
    ...(await sealTokens(runtime, id, answer, expiresIn)),
    accessTokenIssuedAt: sql`clock_timestamp() - interval '1 hour'`,
    createdAt: sql`now() - make_interval(secs => ${n}::float8)`,
  } as const;
  return { row, accessToken };
}
