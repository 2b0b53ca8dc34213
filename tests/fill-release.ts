import { text } from 'node:stream/consumers';
import { sql } from 'drizzle-orm';
import { parseConfig } from '#lib/config/config';
import { openPostgres } from '#lib/db/open';
import { assembleRuntime } from '#lib/runtime';
import { addApiKey, addConnection, addPerson } from '#tests/hub';

// Fills the database of a release by that release's own code: it is copied into the release's tree and runs there. It reads
// refresh tokens, one for each connection, and prints a key with the ids.

const { refreshTokens, environment } = JSON.parse(await text(process.stdin)) as {
  refreshTokens: string[];
  environment: Record<string, string>;
};
const database = openPostgres(environment.DATABASE_URL ?? '');
const runtime = assembleRuntime(parseConfig(environment), database);
const people: string[] = [];
for (let n = 0; n < 20; n++) people.push((await addPerson(runtime)).id);
const { key } = await addApiKey(runtime);
const ids: string[] = [];
for (const [n, refreshToken] of refreshTokens.entries())
  ids.push(await addConnection(runtime, { personId: people[n % people.length] ?? '', refreshToken, expiresIn: 6 }));
await database.db.execute(sql`insert into ledger (at, action, outcome, actor_type, actor_id, person_id, ip, request_id, details)
  select now() - n * interval '1 minute', 'token.vended', 'ok', 'api_key', 'key_1', ${people[0] ?? ''}, '203.0.113.7',
    'req_' || n, '{"scopes": ["read"]}' from generate_series(1, 3000) n`);
await database.close();
process.stdout.write(JSON.stringify({ key, ids }));
