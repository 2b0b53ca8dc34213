import { expect, test, vi } from 'vitest';
import { providersFileSchema } from '#lib/config/provider-record';
import { tokenLife } from '#lib/connections/token-life';
import type { Context } from '#lib/context';
import { createLogger } from '#lib/log';
import { buildCatalog } from '#lib/providers/catalog';
import { plainRecord } from '#tests/hub';

const now = new Date('2026-05-01T12:00:00Z');
const seconds = now.getTime() / 1000;

/** The life of a token of a provider with these fields, whose introspection answers so, and how often it was asked. */
async function lifeOf(
  fields: Record<string, unknown>,
  expires_in: number | null,
  introspection: () => Response | Promise<never>,
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
  const ctx = { fetch: fetching, now: () => now, log } as unknown as Context;
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
  const life = await tokenLife(ctx, provider, pinned, tokens);
  expect(logged.join('')).not.toContain('canary');
  return { life, asked: fetching.mock.calls.length, logged: logged.length };
}

const probing = { expiry_probe: 'introspect', expires_default: 900 };
const answers =
  (body: unknown, status = 200) =>
  () =>
    Response.json(body, { status });

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
  ['zero is an answer too', probing, 0, answers({}), { life: 0, asked: 0, logged: 0 }],
  [
    'silent, introspection says',
    probing,
    null,
    answers({ active: true, exp: seconds + 300 }),
    { life: 300, asked: 1, logged: 0 },
  ],
  [
    'an end in the past is none left',
    probing,
    null,
    answers({ active: true, exp: seconds - 300 }),
    { life: 0, asked: 1, logged: 0 },
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
