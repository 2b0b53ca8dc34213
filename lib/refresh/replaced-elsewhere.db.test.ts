import { and, eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { storeGrant } from '#lib/authorization/store-grant';
import { openTokens } from '#lib/connections/tokens-at-rest';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';
import type { PersonContext } from '#lib/guards/require';
import { refreshConnection } from '#lib/refresh/refresh';
import { sharedDatabase } from '#tests/database';
import { newGrant } from '#tests/grants';
import { addApiKey, addPerson, createRuntime, plainRecord, rowOf, settle } from '#tests/hub';
import { quirkyServer } from '#tests/servers/quirky-server';

const database = sharedDatabase();

const region = { name: 'region', field: 'region', values: { us: 'us', eu: 'eu' }, initial: 'us' };
const shop = { name: 'shop', label: 'Shop', pattern: '^[a-z]+$', example: 'ada' };

interface Case {
  what: string;
  radius: 'token' | 'account';
  style?: 'none';
  before: Record<string, string>;
  after: Record<string, string>;
  /** The refresh token that the new consent brings. */
  fresh: string | null;
  /** The refresh token that the connection has then. */
  refreshToken: string | null;
  /** What became of the old tokens. */
  old: 'serves' | 'replaced' | 'revoked' | 'held';
}

const here = { shop: 'ada' };
const there = { shop: 'eve' };
const cases: Case[] = [
  ...(['token', 'account'] as const).flatMap((radius): Case[] => {
    const owned = radius === 'token' ? 'revoked' : 'held';
    const base = { radius, before: here, fresh: null };
    return [
      { ...base, what: 'the same part', after: here, refreshToken: 'rt-old', old: 'serves' },
      { ...base, what: 'another part', after: there, refreshToken: null, old: owned },
      {
        ...base,
        what: 'another part and a new token',
        after: there,
        fresh: 'rt-new',
        refreshToken: 'rt-new',
        old: owned,
      },
      {
        ...base,
        what: 'the initial region named',
        after: { ...here, region: 'us' },
        refreshToken: 'rt-old',
        old: 'serves',
      },
      { ...base, what: 'another region', after: { ...here, region: 'eu' }, refreshToken: null, old: owned },
    ];
  }),
  {
    ...{ what: 'the same part and a new token', radius: 'account', before: here, after: here },
    ...{ fresh: 'rt-new', refreshToken: 'rt-new', old: 'replaced' },
  },
  {
    ...{ what: 'another part of a server that cannot be told', radius: 'account', style: 'none', before: here },
    ...{ after: there, fresh: null, refreshToken: null, old: 'replaced' },
  },
];

describe('A-03 a reconnect whose parts lead to another server', () => {
  test.each(cases)('$what, radius $radius: the old grant is $old', async (one) => {
    const { before, after, fresh, radius, style, refreshToken, old } = one;
    const server = await quirkyServer();
    for (const path of ['ada/us', 'eve/us', 'ada/eu']) {
      server.on(`POST /${path}/token`, { json: { access_token: 'at-next', token_type: 'bearer', expires_in: 60 } });
      server.on(`POST /${path}/revoke`, { json: {} });
    }
    const record = {
      ...plainRecord(server.url),
      token_endpoint: `${server.url}/{shop}/{region}/token`,
      revocation_endpoint: style ? undefined : `${server.url}/{shop}/{region}/revoke`,
      revoke: style ? { style } : { blast_radius: radius, token_kind: 'refresh_token' },
      account_params: [shop],
      redirect_parts: [region],
    };
    const runtime = createRuntime(database.current, [record]);
    const added = await addPerson(runtime);
    const { id: personId } = added;
    const person = added.ctx() as PersonContext;
    const consent = (accountParams: Record<string, string>, name: string, refresh_token: string | null) =>
      storeGrant(person, newGrant({ subject: personId, accountParams }, { access_token: `at-${name}`, refresh_token }));
    const { connectionId: id } = await consent(before, 'old', 'rt-old');
    await consent(after, 'new', fresh);
    await settle(runtime);
    expect(openTokens(runtime, await rowOf(runtime, id)).refreshToken).toBe(refreshToken);

    const rows = await database.db
      .select()
      .from(revocations)
      .where(and(eq(revocations.personId, personId), eq(revocations.provider, 'acme')));
    const expected = {
      ...{ serves: [], replaced: [], revoked: [{ state: 'revoked_upstream', lastErrorCode: null }] },
      held: [{ state: 'failed', lastErrorCode: 'other_connections', refreshToken: expect.any(String) }],
    };
    expect(rows).toMatchObject(expected[old]);
    expect(rows).toHaveLength(expected[old].length);

    await database.db
      .update(connections)
      .set({ accessTokenExpiresAt: sql`now() - interval '1 second'` })
      .where(eq(connections.id, id));
    const service = await addApiKey(runtime);
    await refreshConnection(service.ctx, { id, force: true }).catch(() => undefined);
    // Wherever the old tokens were shown, it was at their own server.
    const shown = server.seen.filter(({ body }) => body.includes('-old')).map(({ path }) => path.split('/')[1]);
    expect(shown).toEqual(shown.map(() => 'ada'));
    const regions = server.seen.filter(({ body }) => body.includes('-old')).map(({ path }) => path.split('/')[2]);
    expect(regions).toEqual(regions.map(() => 'us'));
  });
});
