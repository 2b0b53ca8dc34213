import { eq, sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { completeFlow } from '#lib/authorization/complete';
import type { Flow } from '#lib/authorization/flow';
import { saveFlow } from '#lib/authorization/flow-rows';
import { connections } from '#lib/db/schema/connections';
import { newId } from '#lib/ids';
import { sharedDatabase } from '#tests/database';
import { addPerson, createRuntime, plainRecord } from '#tests/hub';
import { idTokenSigner } from '#tests/servers/id-tokens';
import { nonce, verifier } from '#tests/servers/quirky-provider';
import { quirkyServer } from '#tests/servers/quirky-server';

const database = sharedDatabase();

interface Clocks {
  /** Seconds by which the clock of the process is wrong that the flow began in. */
  begun: number;
  /** And that of the process which the browser comes back to. */
  back: number;
  /** Claims of the ID token, by the provider's clock, which is right: seconds from now. */
  claims?: { exp?: number; nbf?: number };
}

/** A person connects an account of an OpenID provider, by processes with wrong clocks. */
async function connect({ begun, back, claims = {} }: Clocks) {
  const server = await quirkyServer();
  const signer = await idTokenSigner(server);
  const now = Math.floor(Date.now() / 1000);
  const moments = Object.entries(claims).map(([name, seconds]) => [name, now + seconds]);
  const idToken = await signer.sign(Object.fromEntries(moments));
  server.on('POST /token', {
    json: { access_token: 'at', token_type: 'bearer', expires_in: 3600, id_token: idToken },
  });
  const record = {
    ...plainRecord(server.url),
    ...{ client_id: 'client-1', scopes: ['openid'], jwks_uri: `${server.url}/jwks` },
    identity: { source: 'id_token', subject: 'sub', issuer: 'https://acme.example' },
  };
  const runtime = createRuntime(database.current, [record], { now: () => new Date(Date.now() + back * 1000) });
  const { id, ctx } = await addPerson(runtime);
  const person = ctx();
  const flow: Flow = {
    ...{ state: newId('req'), nonce, verifier, provider: 'acme', scopes: ['openid'], accountParams: {} },
    pinned: {
      issuer: server.url,
      authorization_endpoint: `${server.url}/authorize`,
      token_endpoint: `${server.url}/token`,
      jwks_uri: `${server.url}/jwks`,
      userinfo_endpoint: `${server.url}/userinfo`,
      authorization_response_iss_parameter_supported: false,
    },
    ...{ intent: 'connect', connectionId: null, returnTo: '/' },
    sessionId: person.actor.type === 'person' ? person.actor.sessionId : null,
    startedAt: Date.now() + begun * 1000,
  };
  const url = new URL(`http://localhost:3000/oauth/callback/acme?code=c&state=${flow.state}`);
  await saveFlow(person, database.db, flow.state, flow);
  const result = await completeFlow(person, { url, find: async () => flow });
  if (result.ok === 'again') throw new Error('no state comes twice');
  const rows = await database.db
    .select({ left: sql<number>`extract(epoch from ${connections.accessTokenExpiresAt} - clock_timestamp())::float8` })
    .from(connections)
    .where(eq(connections.personId, id));
  return { outcome: result.ok ? 'connected' : result.error.code, left: rows[0]?.left };
}

test.each<[string, Clocks, string]>([
  ['both are right', { begun: 0, back: 0 }, 'connected'],
  ['it comes back five minutes ahead', { begun: 0, back: 300 }, 'connected'],
  ['it comes back five minutes behind', { begun: 0, back: -300 }, 'connected'],
  ['it begins five minutes ahead and comes back behind', { begun: 300, back: -300 }, 'connected'],
  ['it seems to take longer than its ten minutes', { begun: -301, back: 300 }, 'flow_expired'],
  ['the ID token ended for a clock 50 s ahead', { begun: 0, back: 50, claims: { exp: 20 } }, 'connected'],
  ['it begins later than a clock 50 s behind', { begun: 0, back: -50, claims: { nbf: 0 } }, 'connected'],
  ['the ID token is past for the clock', { begun: 0, back: 300, claims: { exp: 30 } }, 'id_token_invalid'],
  ['it has not begun for the clock', { begun: 0, back: -300, claims: { nbf: 0 } }, 'id_token_invalid'],
])('a flow of which %s', async (_, clocks, expected) => {
  const { outcome, left } = await connect(clocks);
  expect(outcome).toBe(expected);
  // Whatever the clock of the process says, the token's life is counted by the database's; and a refused flow keeps none.
  if (expected !== 'connected') expect(left).toBeUndefined();
  else expect(Math.abs((left ?? 0) - 3600)).toBeLessThan(60);
});
