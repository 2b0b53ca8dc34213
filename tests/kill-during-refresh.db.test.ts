import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { refreshTokenPlace } from '#lib/connections/tokens-at-rest';
import { connections } from '#lib/db/schema/connections';
import { isAppError } from '#lib/errors';
import { vendToken } from '#lib/tokens/vend-token';
import { describeWithConnections, sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, createRuntime, hubEnvironment, plainRecord, rowOf } from '#tests/hub';
import { killedChild, untilQuiet } from '#tests/killed-child';
import { randomFrom, wait } from '#tests/random';
import { startTokenServer, type TokenServer } from '#tests/servers/token-server';

/** Seeds of the moments at which the process is killed; more run in `bench/`. */
const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

describeWithConnections('kill -9 during a refresh', () => {
  const database = sharedDatabase();
  let server: TokenServer;

  beforeAll(async () => {
    server = await startTokenServer();
  });
  afterAll(() => server.close());

  test.each(seeds)('seed %i: the connection works, or says that the answer was lost', async (seed) => {
    const random = randomFrom(seed);
    server.behaviour.beforeAnswer = () => wait(Math.floor(random() * 30));
    // One each: grants of several people that end at one provider within minutes would stop its refreshes.
    const provider = `acme-${seed}`;
    const records = [plainRecord(server.issuer, provider)];
    const runtime = createRuntime(database.current, records);
    const { id: personId } = await addPerson(runtime);
    const { ctx } = await addApiKey(runtime);
    const id = await addConnection(runtime, { personId, provider, refreshToken: server.grant() });

    const orders = { databaseUrl: database.current.url, environment: hubEnvironment, records, connection: id };
    const acknowledged = await killedChild('tests/refresh-child.ts', orders, Math.floor(random() * 250));
    // What the server was still doing for the dead process is over when its sessions are.
    await untilQuiet(database.db);

    const left = await rowOf(runtime, id);
    expect(left.generation).toBeGreaterThanOrEqual(acknowledged.length + 1);
    expect(left.status).toBe('connected');
    const refreshToken = runtime.vault.open(left.refreshToken ?? '', refreshTokenPlace(left));
    const works = server.accepts(refreshToken);

    // As if its 30 s had passed, and the token its hour.
    await database.db
      .update(connections)
      .set({
        accessTokenExpiresAt: sql`now() - interval '1 second'`,
        ...(left.leaseOwner ? { leaseExpiresAt: sql`now() - interval '1 second'` } : {}),
      })
      .where(eq(connections.id, id));
    const outcome = await vendToken(ctx, { id }).then(
      ({ accessToken }) => (server.isLive(accessToken) ? 'live' : 'dead'),
      (error: unknown) => (isAppError(error) ? error.code : 'unknown'),
    );
    expect(outcome).toBe(works ? 'live' : 'needs_reconnect');
    const after = await rowOf(runtime, id);
    expect([after.status, after.statusReason]).toEqual(
      works ? ['connected', null] : ['needs_reconnect', 'answer_lost'],
    );
    if (!works) expect([left.lastRefreshError, left.leaseOwner === null]).toEqual(['answer_lost', false]);
  });
});
