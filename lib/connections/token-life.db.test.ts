import { sql } from 'drizzle-orm';
import { expect, test, vi } from 'vitest';
import { providersFileSchema } from '#lib/config/provider-record';
import { lifeLeft, tokenLife } from '#lib/connections/token-life';
import type { Context } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { createLogger } from '#lib/log';
import { buildCatalog } from '#lib/providers/catalog';
import { momentNow } from '#lib/running-time';
import { sharedDatabase } from '#tests/database';
import { plainRecord } from '#tests/hub';

const database = sharedDatabase();

/** The provider's clock, years away from the database's and from this process's. */
const date = 'Fri, 01 May 2020 12:00:00 GMT';
const seconds = Date.parse(date) / 1000;

/**
 * The life of a token of a provider with these fields and this introspection answer, and how often the hub asked for
 * it.
 */
async function lifeOf(
  fields: Record<string, unknown>,
  expires_in: number | null,
  introspection: () => Response | Promise<never>,
  knownLife: number | null = null,
) {
  const appUrl = new URL('http://localhost:3000');
  const record = {
    ...plainRecord('http://localhost:1'),
    introspection_endpoint: 'http://localhost:1/introspect',
    ...fields,
  };
  const file = providersFileSchema({ appUrl, env: {} }).parse([record]);
  const provider = buildCatalog({ builtin: {}, file }).get('acme');
  if (!provider) throw new Error('no such provider');
  const fetching = vi.fn<typeof fetch>(async () => introspection());
  const logged: string[] = [];
  const log = createLogger({ level: 'warn', pretty: false, destination: { write: (line) => void logged.push(line) } });
  const now = () => new Date('2035-01-01T00:00:00Z');
  const ctx = { database: database.current, fetch: fetching, now, log } as unknown as Context;
  const pinned = {
    issuer: 'http://localhost:1',
    authorization_endpoint: 'http://localhost:1/authorize',
    token_endpoint: 'http://localhost:1/token',
    introspection_endpoint: 'http://localhost:1/introspect',
    authorization_response_iss_parameter_supported: false,
  };
  const tokens = {
    access_token: 'canary-token',
    token_type: 'bearer',
    expires_in,
    refresh_token: null,
    refresh_token_expires_in: null,
    scopes: null,
    id_token_claims: null,
    extras: {},
  };
  const { seconds: life } = await tokenLife(ctx, provider, pinned, {
    ...{ tokens, knownLife },
    askedAt: performance.now(),
  });
  expect(logged.join('')).not.toContain('canary');
  return { life, asked: fetching.mock.calls.length, logged: logged.length };
}

const probing = { expiry_probe: 'introspect', expires_default: 900 };
const answers =
  (body: unknown, status = 200, headers: Record<string, string> = { date }) =>
  () =>
    Response.json(body, { status, headers });

test.each<
  [
    string,
    Record<string, unknown>,
    number | null,
    () => Response | Promise<never>,
    expected: { life: number | null; asked: number; logged: number },
  ]
>([
  [
    'what the answer says comes first',
    probing,
    60,
    answers({ active: true, exp: seconds + 5 }),
    { life: 60, asked: 0, logged: 0 },
  ],
  [
    'zero where no token had a life says nothing of its end',
    probing,
    0,
    answers({ active: true, exp: seconds + 300 }),
    { life: 299, asked: 1, logged: 0 },
  ],
  [
    'silent, introspection says',
    probing,
    null,
    answers({ active: true, exp: seconds + 300 }),
    { life: 299, asked: 1, logged: 0 },
  ],
  [
    'an end in the past is none left',
    probing,
    null,
    answers({ active: true, exp: seconds - 300 }),
    { life: 0, asked: 1, logged: 0 },
  ],
  [
    'an end beyond all reason is ten years away',
    probing,
    null,
    answers({ active: true, exp: 1e300 }),
    { life: 10 * 366 * 86_400, asked: 1, logged: 0 },
  ],
  [
    'introspection without an end: the default',
    probing,
    null,
    answers({ active: true }),
    { life: 900, asked: 1, logged: 0 },
  ],
  [
    'introspection that fails: the default, and a word in the log',
    probing,
    null,
    answers({ error: 'server_error' }, 500),
    { life: 900, asked: 1, logged: 1 },
  ],
  [
    'a provider that is away: the same',
    probing,
    null,
    () => Promise.reject(new TypeError('fetch failed')),
    { life: 900, asked: 1, logged: 1 },
  ],
  ['nobody to ask: the default', { expires_default: 900 }, null, answers({}), { life: 900, asked: 0, logged: 0 }],
  ['nothing known at all', {}, null, answers({}), { life: null, asked: 0, logged: 0 }],
])('%s', async (_, fields, expiresIn, introspection, expected) => {
  expect(await lifeOf(fields, expiresIn, introspection)).toEqual(expected);
});

test.each([0, 3600])('zero is an answer where the last token lived %d seconds', async (knownLife) => {
  expect(await lifeOf(probing, 0, answers({}), knownLife)).toEqual({ life: 0, asked: 0, logged: 0 });
});

test('an answer without a date is measured by the database’s clock', async () => {
  const [row] = rowsOf<{ now: number }>(
    await database.db.execute(sql`select extract(epoch from clock_timestamp())::float8 as now`),
  );
  const end = (row?.now ?? 0) + 300;
  const { life } = await lifeOf(probing, null, answers({ active: true, exp: end }, 200, {}));
  expect(life).toBeGreaterThan(200);
  expect(life).toBeLessThanOrEqual(300);
});

test('what passed since it was read is no longer left of it', () => {
  const ago = (ms: number) => ({ monotonic: performance.now() - ms, wall: Date.now() - ms });
  // A machine that slept: one of its clocks stood still.
  expect(lifeLeft(60, { monotonic: performance.now(), wall: Date.now() - 70_000 })).toBe(0);
  expect(lifeLeft(null, momentNow())).toBeNull();
  expect(lifeLeft(5, ago(6000))).toBe(0);
  const left = lifeLeft(60, ago(20_000));
  expect(left).toBeLessThanOrEqual(40);
  expect(left).toBeGreaterThan(30);
});
