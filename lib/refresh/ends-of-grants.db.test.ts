import { eq, type SQL, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { rules } from '#lib/alerts/rules';
import { type Context, type Runtime, systemContext } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { record } from '#lib/ledger/record';
import { type EndName, endsOfGrants } from '#lib/refresh/ends-of-grants';
import { refreshConnection } from '#lib/refresh/refresh';
import { revokeConnection } from '#lib/revocation/revoke';
import { vendToken } from '#lib/tokens/vend-token';
import { addConnection, addPerson, entries, noteUse, rowOf } from '#tests/hub';
import { json, refreshHub } from '#tests/refresh-hub';

const hub = refreshHub();

const rotating = (fields: Record<string, unknown> = {}) =>
  hub.otherProcess({ rotation: 'rotate', reuse_codes: ['refresh_token_reused'], ...fields });

const set = (id: string, values: Record<string, SQL | string | Date | null>) =>
  hub.database.db.update(connections).set(values).where(eq(connections.id, id));

/** A connection that was refreshed since it was connected, and which its person then removes at the provider. */
async function removedThere(): Promise<string> {
  const { id: personId } = await addPerson(hub.runtime);
  const id = await addConnection(hub.runtime, {
    personId,
    refreshToken: hub.server.grant(),
    expiresIn: -5,
    age: 3605,
    values: { connectedAt: new Date(Date.now() - 3_600_000) },
  });
  await refreshConnection(rotating(), { id, force: true });
  await set(id, { lastRefreshedAt: sql`now() - interval '5 minutes'` });
  hub.server.revoke(await hub.refreshTokenOf(id));
  hub.server.behaviour.userinfoStatus = 401;
  return id;
}

interface Case {
  end: EndName;
  when: string;
  /** What happened to the connection. Answers the process that finds out, where that is another one. */
  arrange: () => Promise<{ id: string; ctx?: Context }>;
}

const cases: Case[] = [
  {
    end: 'unexplained',
    when: 'F-19 the person removes the access there: every token of the grant is refused',
    arrange: async () => ({ id: await removedThere() }),
  },
  {
    end: 'answer_lost',
    when: 'an answer was lost before',
    arrange: async () => {
      const id = await removedThere();
      await set(id, { lastRefreshError: 'answer_lost' });
      return { id };
    },
  },
  {
    end: 'reuse_reported',
    when: 'the answer names the reuse',
    arrange: async () => {
      const id = await removedThere();
      hub.server.behaviour.instead = json(400, { error: 'refresh_token_reused' });
      return { id };
    },
  },
  {
    end: 'grant_lives_on',
    when: 'somebody else spent the token: the access token of the grant is still accepted',
    arrange: async () => {
      const id = await removedThere();
      hub.server.behaviour.userinfoStatus = 200;
      return { id };
    },
  },
  {
    end: 'person_needed',
    when: 'the provider wants the person there',
    arrange: async () => {
      const id = await removedThere();
      hub.server.behaviour.instead = json(400, { error: 'interaction_required' });
      return { id };
    },
  },
  {
    end: 'refused_alone',
    when: 'a code that does not say why, and another grant was renewed',
    arrange: async () => {
      const id = await removedThere();
      await hub.refusedBefore(id);
      const { id: personId } = await addPerson(hub.runtime);
      const refreshToken = hub.server.grant();
      const well = await addConnection(hub.runtime, { personId, refreshToken, expiresIn: -5, age: 3605 });
      await refreshConnection(rotating(), { id: well });
      hub.server.behaviour.instead = json(403, { error: 'unauthorized_client' });
      return { id };
    },
  },
  {
    end: 'several_of_one_key',
    when: 'one key read several that ended, and others are renewed',
    arrange: async () => {
      const gone: string[] = [];
      for (let n = 0; n < 3; n++) gone.push(await removedThere());
      for (const one of gone) await noteUse(hub.runtime, one, new Date(), 'key_of_the_thief');
      for (const one of gone.slice(1)) await set(one, { refusedAt: sql`clock_timestamp() - interval '2 minutes'` });
      // Other people's grants are renewed meanwhile, so it is no trouble of the provider's.
      for (let n = 0; n < 5; n++) {
        const { id: personId } = await addPerson(hub.runtime);
        const refreshToken = hub.server.grant();
        const well = await addConnection(hub.runtime, { personId, refreshToken, expiresIn: -5, age: 3605 });
        await refreshConnection(rotating(), { id: well });
      }
      return { id: gone[0] ?? '' };
    },
  },
  {
    end: 'not_rotating',
    when: 'the provider keeps refresh tokens',
    arrange: async () => ({ id: await removedThere(), ctx: rotating({ rotation: 'none' }) }),
  },
  {
    end: 'never_replaced',
    when: 'it was never refreshed since it was connected',
    arrange: async () => {
      const id = await removedThere();
      await set(id, { connectedAt: sql`now()` });
      return { id };
    },
  },
  {
    end: 'past_its_end',
    when: 'its known end was over',
    arrange: async () => {
      const id = await removedThere();
      await set(id, { refreshTokenExpiresAt: sql`now() - interval '1 second'` });
      return { id };
    },
  },
  {
    end: 'disused',
    when: 'it was unused for too long',
    arrange: async () => {
      const id = await removedThere();
      await set(id, { lastRefreshedAt: sql`now() - interval '6 days'`, connectedAt: sql`now() - interval '7 days'` });
      return { id, ctx: rotating({ idle_keepalive_days: 5 }) };
    },
  },
  {
    end: 'account_elsewhere',
    when: 'another connection of the account was revoked since',
    arrange: async () => {
      const id = await removedThere();
      const { id: personId } = await addPerson(hub.runtime);
      const other = await addConnection(hub.runtime, { personId, subject: id });
      await revokeConnection(systemContext(hub.runtime, 'test'), { id: other });
      return { id };
    },
  },
  {
    end: 'restored',
    when: 'the row came from a backup',
    arrange: async () => {
      const id = await removedThere();
      const { runtime }: { runtime: Runtime } = hub;
      const entry = { action: 'instance.restored', outcome: 'failed', code: 'loaded' } as const;
      await record(runtime.database.db, systemContext(runtime, 'restore-guard'), entry);
      return { id };
    },
  },
];

describe('F-19 the end of a grant', () => {
  test.each(cases)('$when: $end', async ({ end, arrange }) => {
    const { id, ctx = rotating() } = await arrange();
    await hub.refusedBefore(id);
    const before = (await entries(hub.runtime, id)).length;
    const { reason, theft } = endsOfGrants[end];
    await expect(refreshConnection(ctx, { id, force: true })).rejects.toMatchObject({ code: 'needs_reconnect' });
    expect(await rowOf(hub.runtime, id)).toMatchObject({ status: 'needs_reconnect', statusReason: reason });
    const told = (await entries(hub.runtime, id)).slice(before);
    expect(told.map(({ action }) => action)).toEqual([
      'token.refresh_failed',
      ...(theft ? [theft.action] : []),
      'connection.needs_reconnect',
    ]);
    expect(told.at(-1)).toMatchObject({ code: reason, details: { seen: end } });
    await expect(vendToken(hub.ctx, { id })).rejects.toMatchObject({ code: 'needs_reconnect' });
  });

  test('each end of the table has its case, but one that a promoted standby leaves', () => {
    expect(new Set([...cases.map(({ end }) => end), 'history_lost'])).toEqual(new Set(Object.keys(endsOfGrants)));
  });

  test('how sure it is decides the severity, and an ordinary end is none', () => {
    const severities = Object.values(endsOfGrants).map(({ theft }) => {
      const rule = rules.find(({ id }) => id === theft?.rule);
      if (!theft) return null;
      expect(rule).toMatchObject({ kind: 'each', match: { actions: [theft.action] } });
      return rule?.severity;
    });
    expect(Object.fromEntries(Object.keys(endsOfGrants).map((name, n) => [name, severities[n]]))).toMatchObject({
      reuse_reported: 'critical',
      grant_lives_on: 'warning',
      several_of_one_key: 'warning',
      unexplained: null,
      answer_lost: null,
      history_lost: null,
    });
  });
});

describe('F-06 a provider that cannot be reached', () => {
  test('has spent nothing: what ends the grant afterwards is told as what it is', async () => {
    const id = await removedThere();
    const there = rotating({ token_endpoint: 'http://127.0.0.1:1/token' });
    await expect(refreshConnection(there, { id, force: true })).rejects.toMatchObject({ code: 'provider_unavailable' });
    expect(await rowOf(hub.runtime, id)).toMatchObject({ lastRefreshError: 'provider_unreachable' });
    await hub.refusedBefore(id);
    hub.server.behaviour.instead = json(400, { error: 'refresh_token_reused' });
    await expect(refreshConnection(rotating(), { id, force: true })).rejects.toMatchObject({ code: 'needs_reconnect' });
    expect(await rowOf(hub.runtime, id)).toMatchObject({ statusReason: 'suspected_theft' });
  });
});
