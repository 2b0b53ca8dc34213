import { and, eq, sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { purgeFlows } from '#lib/authorization/forget-flows';
import { accessTokenPlace } from '#lib/connections/tokens-at-rest';
import { systemContext } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { flows } from '#lib/db/schema/flows';
import { ledger } from '#lib/db/schema/ledger';
import { people } from '#lib/db/schema/people';
import { describeWithConnections } from '#tests/database';
import { demoHub } from '#tests/demo-hub';
import { hubEnvironment } from '#tests/hub';
import { killedChild, untilQuiet } from '#tests/killed-child';
import { randomFrom } from '#tests/random';
import { Visitor } from '#tests/visitor';

describeWithConnections('kill -9 during a callback', () => {
  const hub = demoHub(['demo', 'okta']);

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
    'seed %i: what was acknowledged is there, whole, and nothing by halves',
    async (seed) => {
      const person = `seed-${seed}@example.com`;
      const orders = {
        databaseUrl: hub.database.current.url,
        environment: hubEnvironment,
        records: hub.demo.providers,
        person,
      };
      const acknowledged = await killedChild<string>(
        'tests/callback-child.ts',
        orders,
        Math.floor(randomFrom(seed)() * 400),
      );
      await untilQuiet(hub.database.db);

      const rows = await hub.database.db
        .select({
          id: connections.id,
          provider: connections.provider,
          issuer: connections.issuer,
          accountParams: connections.accountParams,
          generation: connections.generation,
          accessToken: connections.accessToken,
          status: connections.status,
        })
        .from(connections)
        .innerJoin(people, eq(people.id, connections.personId))
        .where(eq(people.email, person));
      expect(rows.map(({ id }) => id)).toEqual(expect.arrayContaining(acknowledged));
      for (const row of rows) {
        expect(row.status).toBe('connected');
        const token = hub.runtime.vault.open(row.accessToken ?? '', accessTokenPlace(row));
        const answer = await fetch(`${hub.demo.resourceUrl}/okta/me`, {
          headers: { authorization: `Bearer ${token}` },
        });
        expect(answer.status).toBe(200);
      }
      const entries = await hub.database.db
        .select({ id: ledger.connectionId })
        .from(ledger)
        .innerJoin(people, eq(people.id, ledger.personId))
        .where(and(eq(people.email, person), eq(ledger.action, 'connection.created')));
      expect(entries.map(({ id }) => id).sort()).toEqual(rows.map(({ id }) => id).sort());

      // Each code that the server took has a connection, or an entry that says where its tokens may live on.
      await hub.database.db.update(flows).set({ expiresAt: sql`now() - interval '1 second'` });
      await purgeFlows(systemContext(hub.runtime, 'test'));
      const interrupted = await hub.database.db.$count(
        ledger,
        and(eq(ledger.code, 'flow_interrupted'), eq(ledger.provider, 'okta')),
      );
      const known = (await hub.database.db.$count(connections)) + interrupted;
      expect(known).toBeGreaterThanOrEqual(hub.demo.server('okta').counts.code_exchanges);

      // The person goes on in a new process: whatever was cut off can be begun again.
      const visitor = new Visitor(hub.runtime);
      await visitor.signIn(person);
      expect((await visitor.connect('okta', { account: `afterwards-${person}` })).searchParams.get('flow')).toBe(
        'connected',
      );
    },
  );
});
