import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { accessTokenPlace, refreshTokenPlace } from '#lib/connections/tokens-at-rest';
import type { Runtime } from '#lib/context';
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
  /** The refresh token of each; made up where no refresh will spend it. */
  refreshToken?: (n: number) => string;
  /** The parts of the provider's addresses that each account has; none without it. */
  accountParams?: (n: number) => Record<string, string>;
  /** The access token of each; made up where no provider is to know it. */
  accessToken?: (n: number) => string;
  /** One of so many connections is revoked and another needs to be reconnected. Without it all are connected. */
  endedEvery?: number;
}

const accountsPerPerson = 4;
const peoplePerInsert = 500;
const rowsPerInsert = peoplePerInsert * accountsPerPerson;
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

/**
 * Fills the tables with people of four accounts each, made one second apart, and brings the planner up to date. Every
 * token is sealed for its own row, as the product seals it. While one batch is written, the next is sealed.
 * @returns the connected ones
 */
export async function fillConnections(runtime: Runtime, filling: Filling): Promise<Filled[]> {
  const filled: Filled[] = [];
  const { db } = runtime.database;
  let written: Promise<unknown> = Promise.resolve();
  let toldAt = performance.now();
  for (let at = 0; at < filling.count; at += rowsPerInsert) {
    const size = Math.min(rowsPerInsert, filling.count - at);
    const persons = Array.from({ length: Math.ceil(size / accountsPerPerson) }, (_, n) =>
      newPerson(at / accountsPerPerson + n),
    );
    const made = await Promise.all(
      Array.from({ length: size }, (_, n) =>
        newConnection(runtime, filling, persons[Math.floor(n / accountsPerPerson)], at + n),
      ),
    );
    await written;
    written = db.execute(insertPeople(persons)).then(() =>
      db.execute(
        insertConnections(
          filling,
          made.map(({ row }) => row),
        ),
      ),
    );
    // Awaited with the next batch; until then a failure must not count as unhandled.
    written.catch(() => {});
    for (const { row, accessToken } of made) if (!hasEnded(row.n, filling)) filled.push({ id: row.id, accessToken });
    if (performance.now() - toldAt > 15_000) {
      toldAt = performance.now();
      console.log(`    ${(at + size).toLocaleString('en-US')} of ${filling.count.toLocaleString('en-US')} rows`);
    }
  }
  await written;
  await db.execute(sql`vacuum (analyze) people, connections, connection_search`);
  return filled;
}

const hasEnded = (n: number, { endedEvery = 0 }: Filling) => endedEvery > 0 && [1, 2].includes(n % endedEvery);

function newPerson(n: number) {
  const id = newPersonId();
  const name = `${names[n % names.length]} ${surnames[Math.floor(n / names.length) % surnames.length]}`;
  const email = `${name.toLowerCase().replace(' ', '.')}.${n}@example.com`;
  return { id, name, email };
}

type Person = ReturnType<typeof newPerson>;
type Row = Awaited<ReturnType<typeof newConnection>>['row'];

/** As long as providers' tokens are. */
const newToken = () => randomBytes(96).toString('base64url');

async function newConnection(
  { vault }: Runtime,
  { provider, refreshToken, accessToken: given, accountParams = () => ({}) }: Filling,
  person: Person | undefined,
  n: number,
) {
  if (!person) throw new Error('A connection needs its person.');
  const id = newConnectionId(person.id);
  const accessToken = given?.(n) ?? newToken();
  const parts = accountParams(n);
  const at = { id, provider, issuer: 'https://acme.example', accountParams: parts, generation: 1 };
  const [access, refresh] = await Promise.all([
    vault.seal(accessToken, accessTokenPlace(at)),
    vault.seal(refreshToken?.(n) ?? newToken(), refreshTokenPlace(at)),
  ]);
  return { row: { person: person.id, id, label: person.email, parts, access, refresh, n }, accessToken };
}

// Rows travel as one JSON parameter: a parameter for each value takes several times as long to send and to parse.

const insertPeople = (persons: readonly Person[]) => sql`
  insert into people (id, provider, issuer, subject, name, email)
  select id, 'acme', 'https://id.example', id, name, email
  from json_to_recordset(${JSON.stringify(persons)}::json) as r(id text, name text, email text)`;

const insertConnections = ({ provider, expiresIn, endedEvery = 0 }: Filling, rows: readonly Row[]) => sql`
  insert into connections (person_id, id, provider, issuer, subject, label, status, scopes_requested, scopes_granted,
    account_params, "authorization", access_token, refresh_token, access_token_issued_at, access_token_expires_at, created_at)
  select person, id, ${provider}, 'https://acme.example', id, label,
    case when ${endedEvery}::int > 0 and n % ${endedEvery}::int = 1 then 'revoked'
      when ${endedEvery}::int > 0 and n % ${endedEvery}::int = 2 then 'needs_reconnect' else 'connected' end,
    '{read,write}', '{read,write}', parts, '{"pkce": "S256", "issChecked": true, "idTokenChecked": false, "userAgent": null}',
    access, refresh, clock_timestamp() - interval '1 hour', now() + make_interval(secs => ${expiresIn}::float8),
    now() - make_interval(secs => n)
  from json_to_recordset(${JSON.stringify(rows)}::json)
    as r(person text, id text, label text, parts jsonb, access text, refresh text, n int)`;
