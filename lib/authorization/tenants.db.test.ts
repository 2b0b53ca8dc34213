import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { writeSessionId } from '#lib/cookies/session-cookie';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { revocations } from '#lib/db/schema/revocations';
import { revokeConnection } from '#lib/revocation/revoke';
import { beginSession } from '#lib/sign-in/sessions';
import { vendToken } from '#lib/tokens/vend-token';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addPerson, createRuntime, rowOf, settle } from '#tests/hub';
import { idTokenSigner } from '#tests/servers/id-tokens';
import { quirkyServer } from '#tests/servers/quirky-server';
import { Visitor } from '#tests/visitor';

const database = sharedDatabase();

async function directory(rule: Record<string, unknown> = {}) {
  const server = await quirkyServer();
  const signer = await idTokenSigner(server);
  const template = `${server.url}/{tenantid}/v2.0`;
  server.on('GET /common/v2.0/.well-known/openid-configuration', {
    json: {
      issuer: template,
      authorization_endpoint: `${server.url}/authorize`,
      token_endpoint: `${server.url}/token`,
      revocation_endpoint: `${server.url}/revoke`,
      jwks_uri: `${server.url}/jwks`,
    },
  });
  server.on('POST /revoke', { json: {} });
  const record = {
    id: 'directory',
    name: 'Directory',
    issuer: `${server.url}/common/v2.0`,
    discovery: 'oidc',
    client_id: 'client-1',
    client_secret: 'not-a-real-secret',
    scopes: ['openid', 'email'],
    sign_in: true,
    identity: { source: 'id_token' },
    tenant_issuer: { template, ...rule },
  };
  /** Goes through a flow with an ID token of this tenant. */
  const flow = async (visitor: Visitor, intent: string, tenant: string, claims: Record<string, unknown> = {}) => {
    const started = await visitor.start({ intent, provider: 'directory' });
    const asked = new URL(started.headers.get('location') ?? '').searchParams;
    const nonce = asked.get('nonce');
    const id_token = await signer.sign({ iss: `${server.url}/${tenant}/v2.0`, tid: tenant, nonce, ...claims });
    const expires_in = 3600;
    server.on('POST /token', ({ form }) =>
      form.get('grant_type') === 'refresh_token'
        ? { json: { access_token: 'at-2', expires_in } }
        : { json: { access_token: 'at-1', refresh_token: 'rt-1', expires_in, id_token } },
    );
    const query = new URLSearchParams({ code: 'c', state: asked.get('state') ?? '' });
    const answer = await visitor.callback(`http://localhost:3000/oauth/callback/directory?${query}`);
    return new URL(answer.headers.get('location') ?? '', 'http://localhost:3000').searchParams;
  };
  return { server, record, flow };
}

test('P-24 a connection of a tenant is vended, refreshed and revoked', async () => {
  const { server, record, flow } = await directory();
  const runtime = createRuntime(database.current, [record]);
  const { id: personId, ctx } = await addPerson(runtime);
  const session = await beginSession(database.db, ctx(), { id: personId, role: 'user' });
  const visitor = new Visitor(runtime);
  await writeSessionId(runtime.config, visitor.jar, session.id, session.seconds);

  const one = await flow(visitor, 'connect', 'tenant-1');
  expect(one.get('flow')).toBe('connected');
  const two = await flow(visitor, 'connect', 'tenant-2');
  // The same subject of another tenant is another account.
  expect(two.get('flow')).toBe('connected');
  const id = one.get('connection') ?? '';
  expect(two.get('connection')).not.toBe(id);
  expect(await rowOf(runtime, id)).toMatchObject({ issuer: `${server.url}/tenant-1/v2.0`, subject: 'subject-1' });

  await database.db
    .update(connections)
    .set({
      accessTokenExpiresAt: sql`now() - interval '1 second'`,
      accessTokenIssuedAt: sql`now() - interval '1 hour'`,
    })
    .where(sql`${connections.id} = ${id}`);
  const { ctx: service } = await addApiKey(runtime);
  expect(await vendToken(service, { id })).toMatchObject({ accessToken: 'at-2' });
  await revokeConnection(await visitor.context(), { id });
  await settle(runtime);
  expect(server.requestsTo('POST /revoke')).not.toEqual([]);
  const [row] = await database.db.select().from(revocations).where(sql`${revocations.connectionId} = ${id}`);
  expect(row?.state).toBe('revoked_upstream');
});

test('P-24 a tenant whose administrator claims an address does not become that person, nor an administrator', async () => {
  const { record, flow } = await directory();
  const runtime = createRuntime(database.current, [record]);
  const config = { ...runtime.config, adminEmails: ['ada@example.com'] };
  const sign = async (tenant: string) => {
    const visitor = new Visitor({ ...runtime, config });
    await flow(visitor, 'sign_in', tenant, { email: 'ada@example.com', email_verified: true });
    return (await visitor.context()).actor;
  };
  const actors = [await sign('tenant-1'), await sign('tenant-2')];
  expect(actors).toMatchObject([{ role: 'user' }, { role: 'user' }]);
  const rows = await database.db.select().from(people).where(sql`${people.provider} = 'directory'`);
  expect(new Set(rows.map(({ issuer }) => issuer)).size).toBe(2);
});
