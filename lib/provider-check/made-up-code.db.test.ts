import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { systemContext } from '#lib/context';
import { revocations } from '#lib/db/schema/revocations';
import { checkProvider } from '#lib/provider-check/check-provider';
import { sharedDatabase } from '#tests/database';
import { createRuntime, plainRecord, settle } from '#tests/hub';
import { quirkyServer } from '#tests/servers/quirky-server';

const database = sharedDatabase();

const identity = { source: 'userinfo', subject: 'sub' };
const shop = { name: 'shop', label: 'Shop', pattern: '^[a-z]+$', example: 'acme' };

/** A server that takes any code, by the ways in which its record says what its issuer is. */
const records: Record<string, (url: string) => { record: Record<string, unknown>; given?: Record<string, string> }> = {
  'its own': (url) => ({ record: { ...plainRecord(url), identity } }),
  'that of its identities': (url) => ({ record: plainRecord(url) }),
  'with a part in its path': (url) => ({
    record: { ...plainRecord(url), issuer: `${url}/{shop}`, identity, account_params: [shop] },
    given: { shop: 'ada' },
  }),
  'with a part that was typed in another case': (url) => ({
    record: { ...plainRecord(url), issuer: `${url}/{shop}`, identity, account_params: [shop] },
    given: { shop: ' Ada ' },
  }),
  'with a part that the redirect names': (url) => ({
    record: {
      ...plainRecord(url),
      issuer: `${url}/{region}`,
      identity,
      redirect_parts: [{ name: 'region', field: 'region', values: { us: 'us', eu: 'eu' }, initial: 'us' }],
    },
  }),
};

test.each(Object.entries(records))(
  'A-10 tokens that a server gives for a made-up code, issuer %s: it is told to end them',
  async (name, of) => {
    const server = await quirkyServer();
    let n = 0;
    server.on('POST /token', () => ({
      json: { access_token: `at-${++n}`, refresh_token: `rt-${n}`, token_type: 'bearer', expires_in: 60 },
    }));
    server.on('POST /revoke', { json: {} });
    const { record, given = {} } = of(server.url);
    const id = `any-code-${Object.keys(records).indexOf(name)}`;
    const runtime = createRuntime(database.current, [{ ...record, id, revoke: { blast_radius: 'token' } }]);
    await checkProvider(systemContext(runtime, 'test'), { provider: id, accountParams: given });
    await settle(runtime);
    const rows = await database.db.select().from(revocations).where(eq(revocations.provider, id));
    expect(rows.length).toBeGreaterThan(0);
    for (const { state, lastErrorCode } of rows) expect([state, lastErrorCode]).toEqual(['revoked_upstream', null]);
    const told = server.requestsTo('POST /revoke').map(({ form }) => form.get('token'));
    for (const { refused } of rows) expect(refused).toMatchObject({ code: 'made_up_code' });
    expect(told).toContain('rt-1');
  },
);
