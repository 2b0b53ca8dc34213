import { and, eq } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { writeSessionId } from '#lib/cookies/session-cookie';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { revocations } from '#lib/db/schema/revocations';
import { beginSession } from '#lib/sign-in/sessions';
import { sharedDatabase } from '#tests/database';
import { addPerson, createRuntime, plainRecord, settle } from '#tests/hub';
import { idTokenSigner } from '#tests/servers/id-tokens';
import { type QuirkyServer, quirkyServer } from '#tests/servers/quirky-server';
import { Visitor } from '#tests/visitor';

const database = sharedDatabase();

/** The person who consents at the provider, and the changes to its answer. */
interface Consent {
  tenant?: string;
  subject: string;
  claims?: Record<string, unknown>;
  /** Done while the provider answers. */
  meanwhile?: () => Promise<unknown>;
}

interface Kind {
  record: (url: string) => Record<string, unknown>;
  sign?: true;
}

/** The ways in which a record says to which account a grant belongs. */
const kinds = {
  'an issuer for each tenant': {
    sign: true,
    record: (url: string) => ({
      id: 'acme',
      name: 'Acme',
      issuer: `${url}/common/v2.0`,
      discovery: 'oidc',
      client_id: 'client-1',
      client_secret: 'not-a-real-secret',
      scopes: ['openid', 'email'],
      identity: { source: 'id_token' },
      tenant_issuer: { template: `${url}/{tenantid}/v2.0` },
    }),
  },
  'no account': { record: (url: string) => ({ ...plainRecord(url), identity: { source: 'none' } }) },
  'an account of userinfo': {
    record: (url: string) => ({ ...plainRecord(url), identity: { source: 'userinfo', subject: 'sub' } }),
  },
} satisfies Record<string, Kind>;
type KindName = keyof typeof kinds;

async function hub(name: KindName) {
  const server: QuirkyServer = await quirkyServer();
  const kind: Kind = kinds[name];
  const signer = kind.sign && (await idTokenSigner(server));
  server.on('GET /common/v2.0/.well-known/openid-configuration', {
    json: {
      issuer: `${server.url}/{tenantid}/v2.0`,
      authorization_endpoint: `${server.url}/authorize`,
      token_endpoint: `${server.url}/token`,
      revocation_endpoint: `${server.url}/revoke`,
      jwks_uri: `${server.url}/jwks`,
    },
  });
  server.on('POST /revoke', { json: {} });
  const record = { ...kind.record(server.url), revoke: { blast_radius: 'account' } };
  const runtime = createRuntime(database.current, [record]);
  const { id: personId, ctx } = await addPerson(runtime);
  const session = await beginSession(database.db, ctx(), { id: personId, role: 'user' });
  const visitor = new Visitor(runtime);
  await writeSessionId(runtime.config, visitor.jar, session.id, session.seconds);
  let n = 0;
  const flow = async (fields: Record<string, string>, consent: Consent) => {
    const { tenant = 't-1', subject, claims, meanwhile } = consent;
    const started = await visitor.start(fields);
    const asked = new URL(started.headers.get('location') ?? '').searchParams;
    const about = { iss: `${server.url}/${tenant}/v2.0`, tid: tenant, sub: subject, nonce: asked.get('nonce') };
    const id_token = signer && (await signer.sign({ ...about, ...claims }));
    server.on('GET /userinfo', { json: { sub: subject } });
    server.on('POST /token', async () => {
      await meanwhile?.();
      n += 1;
      const expires_in = 3600;
      return {
        json: { access_token: `at-${n}`, refresh_token: `rt-${n}`, token_type: 'bearer', expires_in, id_token },
      };
    });
    const query = new URLSearchParams({ code: 'c', state: asked.get('state') ?? '' });
    const answer = await visitor.callback(`http://localhost:3000/oauth/callback/acme?${query}`);
    await settle(runtime);
    return new URL(answer.headers.get('location') ?? '', 'http://localhost:3000').searchParams;
  };
  const connect = async (consent: Consent) => {
    const said = await flow({ intent: 'connect', provider: 'acme' }, consent);
    return said.get('connection') ?? '';
  };
  const disable = () => database.db.update(people).set({ disabledAt: new Date() }).where(eq(people.id, personId));
  const refused = () =>
    database.db
      .select()
      .from(revocations)
      .where(and(eq(revocations.personId, personId), eq(revocations.replacedGeneration, -1)));
  return { server, connect, flow, disable, refused };
}
type Hub = Awaited<ReturnType<typeof hub>>;

interface Case {
  kind: KindName;
  what: string;
  /** The account of a live connection beside the one that is reconnected, where there is one. */
  live: Consent;
  refuse: (hub: Hub, id: string) => Promise<unknown>;
  code: string;
  held: boolean;
}

const tenants = 'an issuer for each tenant';
const reconnect = (consent: Consent) => (at: Hub, id: string) =>
  at.flow({ intent: 'reconnect', connection_id: id }, consent);
const disabled = (consent: Consent) => (at: Hub) =>
  at.flow({ intent: 'connect', provider: 'acme' }, { ...consent, meanwhile: at.disable });
const two = { tenant: 't-2', subject: 'two' };
const mismatch = { code: 'account_mismatch' };
const gone = { code: 'person_disabled' };

const cases: Case[] = [
  {
    kind: tenants,
    what: 'an account that is connected too',
    live: two,
    refuse: reconnect(two),
    ...mismatch,
    held: true,
  },
  {
    ...{ kind: tenants, what: 'an account that is not connected', live: two, ...mismatch, held: false },
    refuse: reconnect({ tenant: 't-2', subject: 'three' }),
  },
  {
    ...{ kind: tenants, what: 'the same subject of another tenant', live: two, ...mismatch, held: false },
    refuse: reconnect({ ...two, tenant: 't-3' }),
  },
  {
    ...{ kind: tenants, what: 'an ID token that is refused, so that no tenant is known', live: two, held: true },
    refuse: reconnect({ ...two, claims: { nonce: 'another' } }),
    code: 'id_token_nonce',
  },
  { kind: tenants, what: 'an ended person', live: two, refuse: disabled(two), ...gone, held: true },
  { kind: 'no account', what: 'an ended person', live: two, refuse: disabled(two), ...gone, held: true },
  {
    ...{ kind: 'an account of userinfo', what: 'an account that is connected too', live: two, ...mismatch, held: true },
    refuse: reconnect(two),
  },
  { kind: 'an account of userinfo', what: 'an ended person', live: two, refuse: disabled(two), ...gone, held: true },
  {
    ...{ kind: 'an account of userinfo', what: 'another account, of an ended person', live: two, ...gone, held: false },
    refuse: disabled({ subject: 'three' }),
  },
];

describe('A-10 a refused grant and the live connections that may end with it', () => {
  test.each(cases)('$kind, $what: held is $held', async ({ kind, live, refuse, code, held }) => {
    const at = await hub(kind);
    const first = await at.connect({ tenant: 't-1', subject: 'one' });
    const other = await at.connect(live);
    await refuse(at, first);
    const [row, ...more] = await at.refused();
    expect(more).toEqual([]);
    expect(row?.refused).toMatchObject({ code });
    expect(row).toMatchObject(held ? { state: 'failed', lastErrorCode: 'other_connections' } : { lastErrorCode: null });
    expect(at.server.requestsTo('POST /revoke').length > 0).toBe(!held);
    const [connection] = await database.db.select().from(connections).where(eq(connections.id, other));
    expect(connection?.status).toBe('connected');
  });
});
