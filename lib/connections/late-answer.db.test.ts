import { and, eq, ne, sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import type { PersonContext } from '#lib/access/require';
import { refreshConnection } from '#lib/connections/refresh';
import { storeGrant } from '#lib/connections/store-grant';
import { workRevocations } from '#lib/connections/work-revocations';
import { systemContext } from '#lib/context';
import { revocations } from '#lib/db/schema/revocations';
import { describeWithConnections } from '#tests/database';
import { as, beginTestSession, createRuntime, plainRecord, rowOf, settle } from '#tests/hub';
import { refreshHub } from '#tests/refresh-hub';

const hub = refreshHub();

describeWithConnections('a reconnect while a refresh of the old grant is on its way', () => {
  test('revokes what that refresh brought, not what it spent, and leaves the new grant alone', async () => {
    const { server, personId } = hub;
    const record = { ...plainRecord(server.issuer), revoke: { blast_radius: 'token', token_kind: 'both' } };
    const runtime = createRuntime(hub.database, [record]);
    const id = await hub.expired();
    const before = await rowOf(runtime, id);
    const fresh = { access_token: 'at_fresh', refresh_token: server.grant() };
    const person = as(runtime, {
      type: 'person',
      personId,
      role: 'user',
      sessionId: await beginTestSession(runtime, personId),
      name: null,
      email: null,
    });
    hub.during(async () => {
      await storeGrant(person as PersonContext, {
        provider: 'acme',
        issuer: before.issuer,
        subject: before.subject,
        label: null,
        tokens: {
          ...fresh,
          token_type: 'bearer',
          expires_in: 3600,
          refresh_token_expires_in: null,
          scopes: null,
          id_token_claims: null,
          extras: {},
        },
        lifeSeconds: 3600,
        scopesRequested: ['read'],
        scopesGranted: ['read'],
        accountParams: {},
        reconnects: null,
        extras: {},
        authorization: before.authorization,
      });
    });
    await refreshConnection({ ...hub.ctx, ...runtime }, { id }).catch(() => undefined);
    await settle(runtime);
    // Not before the refresh can have ended.
    expect(server.revoked).toEqual([]);
    await hub.database.db
      .update(revocations)
      .set({ nextAttemptAt: sql`now()` })
      .where(and(eq(revocations.connectionId, id), ne(revocations.replacedGeneration, 0)));
    await workRevocations(systemContext(runtime, 'jobs'));
    expect(server.grants()).toEqual([fresh.refresh_token]);
    expect(server.revoked).toHaveLength(2);
    expect(server.revoked).not.toContain(fresh.refresh_token);
    expect((await rowOf(runtime, id)).status).toBe('connected');
  });
});
