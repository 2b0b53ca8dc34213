import { and, eq, sql } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import { authenticateApiKey } from '#lib/api-keys/authenticate-api-key';
import { refreshDue, tokenIsAlive } from '#lib/connections/token-clock';
import type { Context, Runtime } from '#lib/context';
import { apiKeys } from '#lib/db/schema/api-keys';
import { connections } from '#lib/db/schema/connections';
import { freezes } from '#lib/db/schema/freezes';
import { askForVend } from '#lib/tokens/vend-query';
import { vendToken } from '#lib/tokens/vend-token';
import { describeWithConnections, sharedDatabase, withDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, asNobody, createRuntime, entries, freeze, plainRecord } from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;

beforeEach(async () => {
  runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  await database.db.update(freezes).set({ liftedAt: sql`now()` });
});

async function oneConnection(given: { refreshToken?: string } = {}) {
  const { id: personId } = await addPerson(runtime);
  return { personId, id: await addConnection(runtime, { personId, ...given }), key: await addApiKey(runtime) };
}

test.each(['everything', 'provider', 'person', 'connection', 'api_key'] as const)(
  'a freeze over %s holds from the next request on, and lets go when lifted',
  async (scope) => {
    const { personId, id, key } = await oneConnection();
    const target = { everything: '', provider: 'acme', person: personId, connection: id, api_key: key.id }[scope];
    const caller = asNobody(runtime);
    await vendToken(caller, { id, key: key.key });
    await freeze(runtime, scope, target);
    await expect(vendToken(caller, { id, key: key.key })).rejects.toMatchObject({ code: 'frozen', status: 423 });
    await database.db
      .update(freezes)
      .set({ liftedAt: sql`now()` })
      .where(and(eq(freezes.scope, scope), eq(freezes.target, target)));
    await vendToken(caller, { id, key: key.key });
    expect((await entries(runtime, id)).map(({ action, code }) => [action, code])).toEqual([
      ['token.vended', null],
      ['token.denied', 'frozen'],
      ['token.vended', null],
    ]);
  },
);

test('a freeze over something else does not hold', async () => {
  const { id, key } = await oneConnection();
  await freeze(runtime, 'provider', 'other');
  await freeze(runtime, 'person', 'per_other');
  await freeze(runtime, 'connection', 'acme');
  await expect(vendToken(asNobody(runtime), { id, key: key.key })).resolves.toMatchObject({ provider: 'acme' });
});

const addresses: [ip: string | null, ranges: string[], within: boolean][] = [
  ['203.0.113.7', ['203.0.113.0/24'], true],
  ['203.0.114.7', ['203.0.113.0/24'], false],
  ['203.0.113.7', ['203.0.113.7'], true],
  ['::ffff:203.0.113.7', ['203.0.113.0/24'], true],
  ['2001:db8::1', ['2001:db8::/32', '10.0.0.0/8'], true],
  ['2001:db9::1', ['2001:db8::/32', '10.0.0.0/8'], false],
  ['203.0.113.7', [], false],
  [null, ['0.0.0.0/0', '::/0'], false],
];

test.each(addresses)('address %s against %j', async (ip, ranges, within) => {
  const { id, key } = await oneConnection();
  const caller: Context = { ...asNobody(runtime), ip };
  const rule = (ipRule: 'deny' | 'alert') =>
    database.db.update(apiKeys).set({ ipRanges: ranges, ipRule }).where(eq(apiKeys.id, key.id));

  await rule('deny');
  const vend = () => vendToken(caller, { id, key: key.key });
  const authenticate = () => authenticateApiKey(caller, key.key);
  if (within) {
    await vend();
    await authenticate();
  } else {
    await expect(vend()).rejects.toMatchObject({ code: 'ip_not_allowed', status: 403 });
    await expect(authenticate()).rejects.toMatchObject({ code: 'ip_not_allowed' });
  }
  await rule('alert');
  await vendToken(caller, { id, key: key.key });
  const last = (await entries(runtime, id)).at(-1);
  expect(last).toMatchObject({ action: 'token.vended', details: within ? {} : { unexpected_ip: true } });
  expect(Object.hasOwn(last?.details ?? {}, 'unexpected_ip')).toBe(!within);
});

test.each([
  ['an hour left', 3600, 0],
  ['59 seconds left of an hour', 59, 3541],
  ['61 seconds left of an hour', 61, 3539],
  ['half a second left of a short life', 0.5, 9.5],
  ['two seconds left of a short life', 2, 8],
  ['just over', -1, 3601],
  ['no end', null, 0],
  ['F-24 stored by a clock that was ahead', 7200, -3600],
  ['F-24 stored by one that was ahead by a moment', 3602, -2],
  ['F-24 stored before the clock went back', 1800, 1800, true],
  ['F-24 no end, and stored by a clock that was ahead', null, -3600],
] as [string, number | null, number, boolean?][])(
  '%s: the hot statement says of due and alive what the query builder says',
  async (_, expiresIn, age, wentBack = false) => {
    const { personId, id, key } = await oneConnection({ refreshToken: 'r' });
    await database.db.execute(sql`delete from instance`);
    await database.db.execute(sql`insert into instance (id, mark, written_by, clock_went_back_at) values ('hub_x', now(), 0,
    case when ${wentBack}::boolean then now() - interval '1 minute' end)`);
    await database.db
      .update(connections)
      .set({
        accessTokenIssuedAt: sql`clock_timestamp() - make_interval(secs => ${age}::float8)`,
        accessTokenExpiresAt:
          expiresIn === null ? null : sql`clock_timestamp() + make_interval(secs => ${expiresIn}::float8)`,
      })
      .where(eq(connections.id, id));
    const row = await askForVend(asNobody(runtime), { keyId: key.id }, { personId, id });
    const [built] = await database.db
      .select({ due: refreshDue, alive: tokenIsAlive })
      .from(connections)
      .where(eq(connections.id, id));
    expect({ due: row?.due, alive: row?.alive }).toEqual(built);
  },
);

test('calls that arrive together share statements, and each hears of its own key and its own connection', async () => {
  const all = await Promise.all(Array.from({ length: 6 }, oneConnection));
  let statements = 0;
  const { hot } = database.current;
  const counted = createRuntime(
    {
      ...database.current,
      hot: {
        ...hot,
        read: (text, parameters) => {
          statements += 1;
          return hot.read(text, parameters);
        },
      },
    },
    [plainRecord('http://127.0.0.1:9')],
  );
  const caller = asNobody(counted);
  const asked = all.flatMap(({ id, key }, n) => [
    vendToken(caller, { id, key: key.key }),
    vendToken(caller, { id, key: `gk_${'x'.repeat(48)}` }),
    vendToken(caller, { id: ['con_x', `con_\u0000${n}`, '', `${id}'`, '\ud800', '"}]'][n] ?? '', key: key.key }),
  ]);
  const heard = (await Promise.allSettled(asked)).map((one) =>
    one.status === 'fulfilled' ? one.value.account.subject : one.reason.code,
  );
  const subjects = await database.db.select({ id: connections.id, subject: connections.subject }).from(connections);
  const subjectOf = (id: string) => subjects.find((one) => one.id === id)?.subject;
  expect(heard).toEqual(all.flatMap(({ id }) => [subjectOf(id), 'invalid_api_key', 'not_found']));
  expect(new Set(heard).size).toBe(all.length + 2);
  expect(statements).toBeLessThan(6);
});

test('a key, then a connection: a wrong key is told before anything else', async () => {
  const { id } = await oneConnection();
  const unknown = { code: 'invalid_api_key', status: 401 };
  for (const target of [id, 'con_x', '']) {
    await expect(vendToken(asNobody(runtime), { id: target, key: 'gk_wrong' })).rejects.toMatchObject(unknown);
    await expect(vendToken(asNobody(runtime), { id: target })).rejects.toMatchObject(unknown);
  }
});

test('entries of concurrent vends share commits, and each is there before its answer', async () => {
  const { id, key } = await oneConnection();
  let commits = 0;
  const { hot } = database.current;
  const counting = {
    ...hot,
    write: async (text: string, parameters: readonly (string | null)[]) => {
      commits += 1;
      await hot.write(text, parameters);
    },
  };
  const watched = createRuntime({ ...database.current, hot: counting }, [plainRecord('http://127.0.0.1:9')]);
  await Promise.all(Array.from({ length: 100 }, () => vendToken(asNobody(watched), { id, key: key.key })));
  const vended = (await entries(runtime, id)).filter(({ action }) => action === 'token.vended');
  expect(vended).toHaveLength(100);
  expect(commits).toBeLessThan(50);
});

describeWithConnections('what the server keeps', () => {
  test('a vend is not planned anew, also where a table was vacuumed, then used, then analyzed', async () => {
    await withDatabase(async (current) => {
      const hub = createRuntime(current, [plainRecord('http://127.0.0.1:9')]);
      const { id: personId } = await addPerson(hub);
      const id = await addConnection(hub, { personId });
      const key = await addApiKey(hub);
      const askOften = async () => {
        for (let n = 0; n < 20; n++) await askForVend(asNobody(hub), { keyId: key.id }, { personId, id });
      };
      await askOften();
      await current.db.execute(sql`insert into connection_uses
        select 'per_' || n, 'con_' || n, now(), ${key.id} from generate_series(1, 100000) n`);
      await current.db.execute(sql`vacuum connection_uses`);
      await askOften();
      await current.db.execute(sql`analyze connection_uses`);
      await askOften();
      const [plans] = await current.hot.read<{ anew: number; kept: number }>(
        `select custom_plans::int as anew, generic_plans::int as kept from pg_prepared_statements
          where statement like '%as key_scopes%'`,
        [],
      );
      expect(plans).toEqual({ anew: 0, kept: 60 });
    });
  });
});
