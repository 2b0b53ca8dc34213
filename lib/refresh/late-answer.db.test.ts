import { and, eq, isNotNull, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { storeGrant } from '#lib/authorization/store-grant';
import { type Runtime, systemContext } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';
import type { PersonContext } from '#lib/guards/require';
import { newId } from '#lib/ids';
import { refreshConnection } from '#lib/refresh/refresh';
import { markRevoked } from '#lib/revocation/mark-revoked';
import { workRevocations } from '#lib/revocation/work-revocations';
import { describeWithConnections } from '#tests/database';
import { as, beginTestSession, createRuntime, plainRecord, rowOf, settle } from '#tests/hub';
import { refreshHub } from '#tests/refresh-hub';

const hub = refreshHub();

const recordOf = () => ({
  ...plainRecord(hub.server.issuer),
  revoke: { blast_radius: 'token', token_kind: 'both' },
});

/** The person connects the account of that connection again. */
async function reconnect(runtime: Runtime, id: string, fresh: { access_token: string; refresh_token: string }) {
  const { personId } = hub;
  const before = await rowOf(runtime, id);
  const sessionId = await beginTestSession(runtime, personId);
  const person = as(runtime, { type: 'person', personId, role: 'user', sessionId, name: null, email: null });
  await storeGrant(person as PersonContext, {
    answer: newId('rfg'),
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
}

/** Its revocations are due. */
const makeDue = (id: string) =>
  hub.database.db
    .update(revocations)
    .set({ nextAttemptAt: sql`now() - interval '1 second'` })
    .where(eq(revocations.connectionId, id));

describeWithConnections('a reconnect while a refresh of the old grant is on its way', () => {
  test('revokes what that refresh brought, not what it spent, and leaves the new grant alone', async () => {
    const { server } = hub;
    const runtime = createRuntime(hub.database, [recordOf()]);
    const id = await hub.expired();
    const fresh = { access_token: 'at_fresh', refresh_token: server.grant() };
    hub.during(() => reconnect(runtime, id, fresh));
    await refreshConnection({ ...hub.ctx, ...runtime }, { id }).catch(() => undefined);
    await settle(runtime);
    // Not before the refresh can have ended.
    expect(server.revoked).toEqual([]);
    await makeDue(id);
    await workRevocations(systemContext(runtime, 'jobs'));
    expect(server.grants()).toEqual([fresh.refresh_token]);
    expect(server.revoked).toHaveLength(2);
    expect(server.revoked).not.toContain(fresh.refresh_token);
    expect((await rowOf(runtime, id)).status).toBe('connected');
  });
});

/** What may end a grant while a refresh of it is under way; each answers the grants that live on. */
const ends: Record<string, (runtime: Runtime, id: string) => Promise<string[]>> = {
  'revoked by its person': async (runtime, id) => {
    await markRevoked(hub.database.db, systemContext(runtime, 'jobs'), [{ personId: hub.personId, id }], {});
    return [];
  },
  'replaced by a reconnect': async (runtime, id) => {
    const fresh = { access_token: 'at_fresh', refresh_token: hub.server.grant() };
    await reconnect(runtime, id, fresh);
    return [fresh.refresh_token];
  },
  'revoked, and the account connected again': async (runtime, id) => {
    await ends['revoked by its person']?.(runtime, id);
    return ends['replaced by a reconnect']?.(runtime, id) ?? [];
  },
};

/** A refresh with an answer under way since its lease ran out, while its grant was ended and that became due. */
async function endDuringRefresh(
  end: (runtime: Runtime, id: string) => Promise<string[]>,
  record: Record<string, unknown> = {},
) {
  const runtime = createRuntime(hub.database, [{ ...recordOf(), ...record }]);
  const { atProvider, answer } = hub.holdAnswer();
  const id = await hub.expired();
  const refreshing = refreshConnection({ ...hub.ctx, ...runtime }, { id }).catch(() => undefined);
  await atProvider;
  const living = await end(runtime, id);
  await hub.database.db
    .update(connections)
    .set({ leaseExpiresAt: sql`clock_timestamp() - interval '1 second'` })
    .where(and(eq(connections.id, id), isNotNull(connections.leaseOwner)));
  await makeDue(id);
  return { runtime, id, living, refreshing, answer };
}

describe('an answer that was held for minutes comes while the provider is told of the token that it replaced', () => {
  test.each(Object.entries(ends))('%s: the newer token is revoked, too', async (_name, end) => {
    const { runtime, id, living, refreshing, answer } = await endDuringRefresh(end);
    const asking: typeof fetch = async (input, init) => {
      if (String(input).endsWith('/revoke')) {
        answer();
        await refreshing;
      }
      return runtime.fetch(input, init);
    };
    await workRevocations({ ...systemContext(runtime, 'jobs'), fetch: asking });
    expect(hub.server.grants()).toEqual(living);
    const left = await hub.database.db.select().from(revocations).where(eq(revocations.connectionId, id));
    expect(left).toMatchObject([{ state: 'revoked_upstream', refreshToken: null }]);
  });
});

describe('an answer that was held for minutes comes after the provider was told of the token that it replaced', () => {
  test.each(Object.entries(ends))('%s: the newer token is revoked, and nothing is held', async (_name, end) => {
    const { runtime, living, refreshing, answer } = await endDuringRefresh(end);
    await workRevocations(systemContext(runtime, 'jobs'));
    answer();
    await refreshing;
    await workRevocations(systemContext(runtime, 'jobs'));
    expect(hub.server.grants()).toEqual(living);
    const held = await hub.database.db
      .select()
      .from(revocations)
      .where(and(eq(revocations.personId, hub.personId), eq(revocations.state, 'failed')));
    expect(held).toEqual([]);
  });
});

describe('an answer that was held for minutes comes while a revocation gets the access token that it needs', () => {
  test.each(Object.entries(ends))('%s: what both refreshes brought is revoked', async (_name, end) => {
    const { behaviour } = hub.server;
    // The provider forgives that the spent token is shown again.
    behaviour.grace = true;
    const revoke = { style: 'bearer', method: 'POST', blast_radius: 'token' };
    const { runtime, id, refreshing, answer } = await endDuringRefresh(end, { revoke });
    behaviour.beforeAnswer = async () => {};
    const issued: string[] = [];
    const told: string[] = [];
    const asking: typeof fetch = async (input, init) => {
      const url = String(input);
      if (url.endsWith('/revoke')) {
        const shown = new Headers(init?.headers).get('authorization')?.replace(/^Bearer /i, '') ?? '';
        told.push(shown);
        return Response.json({}, { status: shown === `at_${id}` ? 401 : 200 });
      }
      const given = await runtime.fetch(input, init);
      if (!url.endsWith('/token')) return given;
      issued.push(((await given.clone().json()) as { access_token: string }).access_token);
      answer();
      await refreshing;
      return given;
    };
    const jobs = { ...systemContext(runtime, 'jobs'), fetch: asking };
    await workRevocations(jobs);
    await workRevocations(jobs);
    expect(issued).toHaveLength(1);
    expect(hub.server.refreshes).toBe(2);
    // The one that was dead, the one of the revocation's own refresh, and the one that came late.
    expect(told).toHaveLength(3);
    expect(told.slice(0, 2)).toEqual([`at_${id}`, ...issued]);
    expect(new Set(told).size).toBe(3);
  });
});
