import { eq, sql } from 'drizzle-orm';
import { expect, onTestFinished, test } from 'vitest';
import { chooseEntry } from '#lib/connections/choose';
import { getConnection } from '#lib/connections/get';
import { writeSessionId } from '#lib/cookies/session-cookie';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';
import type { PresetName } from '#lib/providers/preset';
import { presets } from '#lib/providers/presets';
import { revokeConnection } from '#lib/revocation/revoke';
import { beginSession } from '#lib/sign-in/sessions';
import { vendToken } from '#lib/tokens/vend-token';
import { sharedDatabase } from '#tests/database';
import { addApiKey, addPerson, createRuntime, rowOf } from '#tests/hub';
import { documentedServers } from '#tests/presets/answers';
import type { DocumentedServer } from '#tests/presets/documented';
import { type RunningServer, startDocumented } from '#tests/presets/documented-server';
import { Visitor } from '#tests/visitor';

const database = sharedDatabase();

const endpointFields = [
  ...(['issuer', 'authorization_endpoint', 'token_endpoint', 'refresh_endpoint', 'revocation_endpoint'] as const),
  ...(['introspection_endpoint', 'userinfo_endpoint', 'jwks_uri'] as const),
];

/** The smallest entry, and every address of the preset at the server that stands for the provider. Nothing else differs. */
function entryOf(name: PresetName, { at, client }: RunningServer): Record<string, unknown> {
  const record = presets[name].record();
  const moved = endpointFields.flatMap((field) => (record[field] ? [[field, at(record[field])]] : []));
  const { identity, lookups, tenant_issuer } = record;
  return {
    ...{ preset: name, client_id: client.id, client_secret: client.secret },
    ...Object.fromEntries(moved),
    ...(identity?.endpoint ? { identity: { endpoint: at(identity.endpoint) } } : {}),
    ...(lookups ? { lookups: lookups.map((lookup) => ({ ...lookup, endpoint: at(lookup.endpoint) })) } : {}),
    ...(tenant_issuer ? { tenant_issuer: { ...tenant_issuer, template: at(tenant_issuer.template) } } : {}),
  };
}

async function hubWith(name: PresetName, facts: DocumentedServer) {
  const server = await startDocumented(facts);
  onTestFinished(server.close);
  const entry = entryOf(name, server);
  server.issuer = String(entry.issuer);
  const runtime = createRuntime(database.current, [entry]);
  const { id, ctx: person } = await addPerson(runtime);
  const session = await beginSession(database.db, person(), { id, role: 'user' });
  const visitor = new Visitor(runtime);
  await writeSessionId(runtime.config, visitor.jar, session.id, session.seconds);
  const { ctx } = await addApiKey(runtime);

  const parts = Object.fromEntries(
    Object.entries(facts.parts ?? {}).map(([part, value]) => [`account_params.${part}`, value]),
  );
  async function connect(): Promise<string> {
    const started = await visitor.start({ intent: 'connect', provider: name, ...parts });
    const asked = await fetch(started.headers.get('location') ?? '', { redirect: 'manual' });
    await asked.body?.cancel();
    expect({ status: asked.status, refusals: server.refusals }).toEqual({ status: 303, refusals: [] });
    const answer = await visitor.callback(asked.headers.get('location') ?? '');
    const { searchParams } = new URL(answer.headers.get('location') ?? '', 'http://localhost:3000');
    expect({ flow: searchParams.get('flow'), refusals: server.refusals }).toEqual({ flow: 'connected', refusals: [] });
    return searchParams.get('connection') ?? '';
  }
  const endLife = (connection: string) =>
    database.db
      .update(connections)
      .set({
        accessTokenExpiresAt: sql`now() - interval '1 second'`,
        accessTokenIssuedAt: sql`now() - interval '1 hour'`,
      })
      .where(eq(connections.id, connection));
  return {
    server,
    runtime,
    person,
    connect,
    endLife,
    vend: (connection: string) => vendToken(ctx, { id: connection }),
  };
}

const names = Object.keys(documentedServers) as PresetName[];

test.each(names)('%s: start, callback, vend, refresh, revoke as the provider documents them', async (name) => {
  const facts = documentedServers[name] as DocumentedServer;
  const { server, runtime, person, connect, endLife, vend } = await hubWith(name, facts);
  const id = await connect();
  const row = await rowOf(runtime, id);
  expect(row).toMatchObject({ subject: facts.account.subject, label: facts.account.label });
  const { choices } = await getConnection(person(), { id });
  const offers = choices.map(({ name, entries }) => [name, entries.map(({ label }) => label)]);
  expect(Object.fromEntries(offers)).toEqual(facts.offers ?? {});
  for (const { name, chosen, entries } of choices) {
    expect(chosen).toBeNull();
    const entry = entries.find(({ label }) => label === facts.chooses?.[name]);
    await chooseEntry(person(), { id, list: name, entry: entry?.key ?? '' });
  }
  expect((await rowOf(runtime, id)).extras).toEqual(facts.extras ?? {});

  const first = await vend(id);
  expect(first.missingScopes).toEqual([]);
  const lives = first.expiresAt === null ? null : (first.expiresAt.getTime() - Date.now()) / 1000;
  if (facts.lives === null) expect(lives).toBeNull();
  else expect(Math.abs((lives ?? 0) - facts.lives)).toBeLessThan(60);

  if (facts.refreshed && facts.lives !== null) {
    for (let turn = 0; turn < 2; turn += 1) {
      const before = await vend(id);
      await endLife(id);
      const after = await vend(id);
      expect(after.accessToken).not.toBe(before.accessToken);
      expect(after.missingScopes).toEqual([]);
    }
  }

  await revokeConnection(person(), { id });
  await Promise.all(runtime.background);
  const [revocation] = await database.db.select().from(revocations).where(eq(revocations.connectionId, id));
  expect(server.refusals).toEqual([]);
  if (facts.revokes) {
    expect(revocation?.state).toBe('revoked_upstream');
    expect(server.alive()).toBe(0);
  } else expect((await rowOf(runtime, id)).status).toBe('revoked');
});

const mortal = names.filter((name) => documentedServers[name]?.dead && documentedServers[name]?.lives !== null);

test.each(mortal)('%s: a grant that ended at the provider is known by the answer it documents', async (name) => {
  const { server, runtime, connect, endLife, vend } = await hubWith(name, documentedServers[name] as DocumentedServer);
  const id = await connect();
  server.withdraw();
  await endLife(id);
  await expect(vend(id)).rejects.toMatchObject({ code: 'grant_in_doubt' });
  // The hub tries once more after some minutes; only a code that it knows for an end makes that final.
  await database.db
    .update(connections)
    .set({ refusedAt: sql`clock_timestamp() - interval '20 minutes'` })
    .where(eq(connections.id, id));
  await expect(vend(id)).rejects.toMatchObject({ code: 'needs_reconnect' });
  expect((await rowOf(runtime, id)).status).toBe('needs_reconnect');
});

test('every preset that is not gone through by itself has a documented server', () => {
  const demonstrated = ['google', 'github', 'salesforce', 'okta', 'auth0', 'oidc'];
  expect(names.toSorted()).toEqual(
    Object.keys(presets)
      .filter((name) => !demonstrated.includes(name))
      .toSorted(),
  );
});
