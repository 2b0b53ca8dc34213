// Better Auth with the access-token call of its own, on a database of its own in the same PostgreSQL. Runs in a folder
// in which it and `pg` are installed.
import { createHmac, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { betterAuth } from 'better-auth';
import { symmetricEncrypt } from 'better-auth/crypto';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env.BETTER_AUTH_DATABASE_URL });
const secret = randomBytes(32).toString('base64url');
const options = {
  baseURL: 'http://127.0.0.1',
  secret,
  database: pool,
  telemetry: { enabled: false },
  rateLimit: { enabled: false },
  logger: { level: 'error' },
  socialProviders: { github: { clientId: 'bench', clientSecret: 'not-a-real-secret' } },
  // Tokens sealed at rest, as the hub has them.
  account: { encryptOAuthTokens: true },
};
const auth = betterAuth(options);

const insertUsers = `insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
  select id, 'Ada', id || '@example.com', true, now(), now() from unnest($1::text[]) as id`;
const insertSessions = `insert into session (id, token, "userId", "expiresAt", "createdAt", "updatedAt")
  select id, token, id, now() + interval '7 days', now(), now() from unnest($1::text[], $2::text[]) as given (id, token)`;
const insertAccounts = `insert into account (id, "accountId", "providerId", "userId", "accessToken",
    "accessTokenExpiresAt", scope, "createdAt", "updatedAt")
  select id, id, 'github', id, sealed, now() + interval '1 day', 'read', now(), now()
  from unnest($1::text[], $2::text[]) as given (id, sealed)`;

/** One user with a session and an account for each token; answers what a caller of each sends. */
async function fill(tokens) {
  const key = (await auth.$context).secretConfig;
  const callers = [];
  for (let at = 0; at < tokens.length; at += 1000) {
    const part = tokens.slice(at, at + 1000);
    const ids = part.map(() => randomBytes(16).toString('hex'));
    const sessions = part.map(() => randomBytes(24).toString('base64url'));
    const sealed = await Promise.all(part.map((data) => symmetricEncrypt({ key, data })));
    await pool.query(insertUsers, [ids]);
    await pool.query(insertSessions, [ids, sessions]);
    await pool.query(insertAccounts, [ids, sealed]);
    for (const [n, token] of sessions.entries()) {
      const signature = createHmac('sha256', secret).update(token).digest('base64');
      callers.push({
        account: ids[n],
        cookie: `better-auth.session_token=${encodeURIComponent(`${token}.${signature}`)}`,
      });
    }
  }
  await pool.query('vacuum analyze');
  return callers;
}

await (await getMigrations(options)).runMigrations();
const server = createServer(toNodeHandler(auth)).listen(0, '127.0.0.1', () => {
  process.send({ url: `http://127.0.0.1:${server.address().port}` });
});
process.on('message', async ({ tokens }) => process.send({ callers: await fill(tokens) }));
