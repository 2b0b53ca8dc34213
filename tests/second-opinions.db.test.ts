import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';
import { revokeConnection } from '#lib/revocation/revoke';
import { vendToken } from '#lib/tokens/vend-token';
import { sharedDatabase } from '#tests/database';
import { addApiKey, createRuntime, rowOf } from '#tests/hub';
import { startAuthlib } from '#tests/second-opinions/authlib';
import { startJmondi } from '#tests/second-opinions/jmondi';
import { startNodeOauth } from '#tests/second-opinions/node-oauth';
import type { SecondOpinion } from '#tests/second-opinions/second-opinion';
import { Visitor } from '#tests/visitor';

const database = sharedDatabase();
const starts = { 'node-oauth': startNodeOauth, jmondi: startJmondi, authlib: startAuthlib };

/** Goes where the server sends the browser; its one person always agrees. */
async function agree(started: Response): Promise<string> {
  const asked = await fetch(started.headers.get('location') ?? '', { redirect: 'manual' });
  await asked.body?.cancel();
  const location = asked.headers.get('location') ?? '';
  expect(`${asked.status} ${location}`).toMatch(/^30[23] http:\/\/localhost:3000\/oauth\/callback/);
  return location;
}

describe.each(Object.entries(starts))('%s, a server that is not of the demo’s making', (id, start) => {
  let server: SecondOpinion;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.close());

  test('goes all the way: sign in, connect, vend, refresh, reconnect, revoke, proof of death', async () => {
    const runtime = createRuntime(database.current, [server.record]);
    const visitor = new Visitor(runtime);
    await visitor.callback(await agree(await visitor.start({ intent: 'sign_in', provider: id })));
    const ctx = await visitor.context();
    expect(ctx.actor).toMatchObject({ type: 'person', email: 'ada@example.com' });

    const connect = async (fields: Record<string, string>) => {
      const answer = await visitor.callback(await agree(await visitor.start({ provider: id, ...fields })));
      return new URL(answer.headers.get('location') ?? '', runtime.config.appUrl).searchParams;
    };
    const connected = await connect({ intent: 'connect' });
    expect(connected.get('flow')).toBe('connected');
    const connectionId = connected.get('connection') ?? '';

    const { ctx: service } = await addApiKey(runtime);
    const vend = () => vendToken(service, { id: connectionId });
    const works = async (token: string) => {
      const answer = await fetch(`${server.issuer}/userinfo`, { headers: { authorization: `Bearer ${token}` } });
      await answer.body?.cancel();
      return answer.ok;
    };
    const first = await vend();
    expect(await works(first.accessToken)).toBe(true);
    expect(first).toMatchObject({ missingScopes: [], account: { subject: 'ada' } });

    for (let turn = 0; turn < 3; turn += 1) {
      const before = await vend();
      await runtime.database.db
        .update(connections)
        .set({ accessTokenExpiresAt: sql`now() - interval '1 second'` })
        .where(eq(connections.id, connectionId));
      const after = await vend();
      expect(after.accessToken).not.toBe(before.accessToken);
      expect(await works(after.accessToken)).toBe(true);
    }

    const again = await connect({ intent: 'reconnect', connection_id: connectionId });
    expect(again.get('flow')).toBe('reconnected');
    const last = await vend();
    expect(await works(last.accessToken)).toBe(true);

    await revokeConnection(ctx, { id: connectionId });
    await Promise.all(runtime.background);
    expect(await works(last.accessToken)).toBe(false);
    expect((await rowOf(runtime, connectionId)).status).toBe('revoked');
    const [revocation] = await runtime.database.db
      .select()
      .from(revocations)
      .where(eq(revocations.connectionId, connectionId))
      .orderBy(revocations.replacedGeneration);
    expect(revocation).toMatchObject({ state: 'revoked_upstream', proof: 'proved' });
  });
});
