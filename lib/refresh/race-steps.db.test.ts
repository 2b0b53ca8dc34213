import { eq, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { refreshTokenPlace } from '#lib/connections/tokens-at-rest';
import { type Context, systemContext } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { freezes } from '#lib/db/schema/freezes';
import { people } from '#lib/db/schema/people';
import { revocations } from '#lib/db/schema/revocations';
import { isAppError } from '#lib/errors';
import { newId } from '#lib/ids';
import { refreshDueConnections } from '#lib/refresh/refresh-due';
import { revokeConnection } from '#lib/revocation/revoke';
import { workRevocations } from '#lib/revocation/work-revocations';
import { vendToken } from '#lib/tokens/vend-token';
import { reconnect } from '#tests/grants';
import { addConnection, freeze, rowOf, settle } from '#tests/hub';
import { atEveryStep, cutBefore, isWithin, type Step, stepped, steppedDatabase } from '#tests/process-steps';
import { refreshHub } from '#tests/refresh-hub';

const hub = refreshHub();

/** How a vend ended: with a token, or with a code. */
type Ending = { accessToken: string } | { code: string };

const endingOf = (vend: Promise<{ accessToken: string }>): Promise<Ending> =>
  vend.then(
    ({ accessToken }) => ({ accessToken }),
    (error: unknown) => {
      if (!isAppError(error)) throw error;
      return { code: error.code };
    },
  );

/** Another process, in which something happens before the `at`-th step of its work. */
function cutAt(at: number, meanwhile: () => Promise<unknown>) {
  const { cut, before } = cutBefore(at, meanwhile);
  return { cut, ctx: stepped(hub.otherProcess({}, steppedDatabase(hub.database, before)), before) };
}

/** Works off the connection's revocation at the provider, as the minutes would. */
async function workOff(id: string): Promise<void> {
  const system = systemContext(hub.runtime, 'test');
  for (let round = 0; round < 3; round++) {
    await settle(hub.runtime);
    await hub.database.db
      .update(revocations)
      .set({ nextAttemptAt: sql`now() - interval '1 second'` })
      .where(eq(revocations.connectionId, id));
    await workRevocations(system);
  }
}

/** Lets time pass for the row: a lease without a living holder runs out, and so does the token. */
const hourLater = (id: string) =>
  hub.database.db
    .update(connections)
    .set({
      accessTokenExpiresAt: sql`now() - interval '1 second'`,
      nextRefreshAttemptAt: null,
      leaseExpiresAt: sql`case when lease_owner is null then null else now() - interval '1 second' end`,
    })
    .where(eq(connections.id, id));

interface Work {
  /** A connection that gives it something to do. */
  given(): Promise<string>;
  run(ctx: Context, id: string): Promise<Ending>;
  /** An event that the race needs: where it is missing, nothing was tested. */
  vital: Step[];
}

const works: Record<string, Work> = {
  'a vend on an expired token': {
    given: () => hub.expired(),
    run: (ctx, id) => endingOf(vendToken(ctx, { id })),
    vital: ['look', 'write', 'ask', 'answer', 'seal', 'look', 'write'],
  },
  'a round in the background': {
    given: () => {
      const { server, runtime, personId } = hub;
      const given = { personId, subject: newId('req'), refreshToken: server.grant(), lastUsedAt: new Date() };
      return addConnection(runtime, { ...given, expiresIn: 50, age: 3550 });
    },
    run: async (ctx) => {
      const { refreshed, failed } = await refreshDueConnections({ ...ctx, actor: { type: 'system', name: 'jobs' } });
      return { code: `${refreshed} refreshed, ${failed} failed` };
    },
    vital: ['write', 'ask', 'answer', 'seal', 'write'],
  },
};

beforeEach(async () => {
  await hub.database.db.delete(revocations);
  await hub.database.db.delete(connections);
});

describe.each(Object.keys(works))('before each step of %s', (name) => {
  const { given, run: answer, vital } = works[name] as Work;
  /** To the end, also of what goes on behind the answer: else its steps would come in the middle of what follows. */
  const run: Work['run'] = async (ctx, id) => {
    const ending = await answer(ctx, id);
    await settle(ctx);
    return ending;
  };
  const expectWhole = (steps: Step[]) => expect(isWithin(vital, steps), steps.join(' ')).toBe(true);

  test('its connection is revoked: never vended by who looks afterwards, never back, and dead at the provider', async () => {
    const steps = await atEveryStep(async (at) => {
      const id = await given();
      const shown = await hub.refreshTokenOf(id);
      const { ctx, cut } = cutAt(at, () => revokeConnection(systemContext(hub.runtime, 'test'), { id }));
      const ending = await run(ctx, id);
      if (cut.after.length === 0) {
        await revokeConnection(systemContext(hub.runtime, 'test'), { id });
        await settle(hub.runtime);
        return cut;
      }
      const said = `revoked before ${cut.after[0]} (${at})`;
      if (cut.after.includes('look')) expect(ending, said).toEqual({ code: 'revoked' });
      const row = await rowOf(hub.runtime, id);
      expect([row.status, row.leaseOwner], said).toEqual(['revoked', null]);
      const newest = row.refreshToken ? hub.runtime.vault.open(row.refreshToken, refreshTokenPlace(row)) : shown;
      await expect(vendToken(hub.ctx, { id }), said).rejects.toMatchObject({ code: 'revoked' });
      await workOff(id);
      expect(await rowOf(hub.runtime, id), said).toMatchObject({
        status: 'revoked',
        accessToken: null,
        refreshToken: null,
      });
      expect([hub.server.accepts(shown), hub.server.accepts(newest)], said).toEqual([false, false]);
      return cut;
    });
    expectWhole(steps);
    // The provider was told each time, with the one token that it still took.
    expect(hub.server.grants()).toEqual([]);
  });

  test('it is revoked and connected anew: the old row stays revoked, the new one is untouched', async () => {
    const steps = await atEveryStep(async (at) => {
      const id = await given();
      const newest = hub.server.grant();
      let anew = '';
      const { ctx, cut } = cutAt(at, async () => {
        await revokeConnection(systemContext(hub.runtime, 'test'), { id });
        anew = (await reconnect(hub.runtime, id, { access_token: `at_${at}`, refresh_token: newest })).connectionId;
      });
      const ending = await run(ctx, id);
      if (cut.after.length === 0) return cut;
      const said = `before ${cut.after[0]} (${at})`;
      if (cut.after.includes('look')) expect(ending, said).toEqual({ code: 'revoked' });
      expect(anew, said).not.toBe(id);
      expect((await rowOf(hub.runtime, id)).status, said).toBe('revoked');
      expect(await rowOf(hub.runtime, anew), said).toMatchObject({ status: 'connected', generation: 1 });
      expect(await hub.refreshTokenOf(anew), said).toBe(newest);
      expect((await vendToken(hub.ctx, { id: anew })).accessToken, said).toBe(`at_${at}`);
      await workOff(id);
      return cut;
    });
    expectWhole(steps);
  });

  test('it is reconnected: the newest grant is what is stored and vended, whatever the old one still brings', async () => {
    const steps = await atEveryStep(async (at) => {
      const id = await given();
      const newest = hub.server.grant();
      const { ctx, cut } = cutAt(at, () =>
        reconnect(hub.runtime, id, { access_token: `at_${at}`, refresh_token: newest }),
      );
      const ending = await run(ctx, id);
      if (cut.after.length === 0) return cut;
      const said = `reconnected before ${cut.after[0]} (${at})`;
      if (cut.after.includes('look')) expect(ending, said).toEqual({ accessToken: `at_${at}` });
      expect(await hub.refreshTokenOf(id), said).toBe(newest);
      expect(await rowOf(hub.runtime, id), said).toMatchObject({
        status: 'connected',
        statusReason: null,
        leaseOwner: null,
        lastRefreshError: null,
      });
      expect((await vendToken(hub.ctx, { id })).accessToken, said).toBe(`at_${at}`);
      // And it can be refreshed, which is what a burnt grant could not.
      await hourLater(id);
      expect(hub.server.isLive((await vendToken(hub.ctx, { id })).accessToken), said).toBe(true);
      return cut;
    });
    expectWhole(steps);
  });

  test('it is reconnected without a new refresh token: the row keeps one that the provider takes', async () => {
    const steps = await atEveryStep(async (at) => {
      const id = await given();
      const { ctx, cut } = cutAt(at, () =>
        reconnect(hub.runtime, id, { access_token: `at_${at}`, refresh_token: null }),
      );
      const ending = await run(ctx, id);
      if (cut.after.length === 0) return cut;
      const said = `reconnected before ${cut.after[0]} (${at})`;
      if (cut.after.includes('look')) expect(ending, said).toEqual({ accessToken: `at_${at}` });
      expect(hub.server.accepts(await hub.refreshTokenOf(id)), said).toBe(true);
      await hourLater(id);
      expect(hub.server.isLive((await vendToken(hub.ctx, { id })).accessToken), said).toBe(true);
      return cut;
    });
    expectWhole(steps);
  });

  test.each(['connection', 'person', 'provider', 'everything'] as const)(
    'a freeze is put over its %s: an answer already on its way is stored, not vended',
    async (scope) => {
      const steps = await atEveryStep(async (at) => {
        const id = await given();
        const asked = hub.server.refreshes;
        const target = { connection: id, person: hub.personId, provider: 'acme', everything: '' }[scope];
        const { ctx, cut } = cutAt(at, () => freeze(hub.runtime, scope, target));
        const ending = await run(ctx, id);
        await hub.database.db.update(freezes).set({ liftedAt: sql`now()` });
        if (cut.after.length === 0) return cut;
        const said = `frozen before ${cut.after[0]} (${at})`;
        if (cut.after.includes('look')) expect(ending, said).toEqual({ code: 'frozen' });
        const refreshes = hub.server.refreshes - asked;
        const row = await rowOf(hub.runtime, id);
        expect(row, said).toMatchObject({ status: 'connected', leaseOwner: null, lastRefreshError: null });
        expect(row.generation, said).toBe(1 + refreshes);
        expect(hub.server.accepts(await hub.refreshTokenOf(id)), said).toBe(true);
        expect(hub.server.isLive((await vendToken(hub.ctx, { id })).accessToken), said).toBe(true);
        expect(hub.server.refreshes - asked, said).toBe(1);
        return cut;
      });
      expectWhole(steps);
    },
  );

  test.each([
    ['that gives no grace', false],
    ['with a window of grace', true],
  ])(
    'its process dies, at a provider %s: the grant lives, or the row says that the answer was lost',
    async (_, grace) => {
      hub.server.behaviour.grace = grace;
      const lost: number[] = [];
      const steps = await atEveryStep(async (at) => {
        const id = await given();
        const died = Promise.withResolvers<'died'>();
        const { ctx, cut } = cutAt(at, () => {
          cut.dead = true;
          died.resolve('died');
          return new Promise(() => {});
        });
        const ending = await Promise.race([run(ctx, id), died.promise]);
        if (ending !== 'died') return cut;
        cut.after.push(cut.steps.at(-1) as Step);
        const said = `died before ${cut.after[0]} (${at})`;
        const left = await rowOf(hub.runtime, id);
        expect(left.status, said).toBe('connected');
        const works = hub.server.accepts(await hub.refreshTokenOf(id));
        await hourLater(id);
        const next = await endingOf(vendToken(hub.ctx, { id }));
        const after = await rowOf(hub.runtime, id);
        if (works) {
          expect(hub.server.isLive('accessToken' in next ? next.accessToken : ''), said).toBe(true);
          expect([after.status, after.statusReason], said).toEqual(['connected', null]);
        } else {
          lost.push(at);
          expect(left.lastRefreshError, said).toBe('answer_lost');
          expect(next, said).toEqual({ code: 'needs_reconnect' });
          expect([after.status, after.statusReason], said).toEqual(['needs_reconnect', 'answer_lost']);
        }
        return cut;
      });
      expectWhole(steps);
      // Only from the provider's spending to the first write after it can a grant be lost, and only without grace.
      const answered = steps.indexOf('answer') + 1;
      const stored = steps.findIndex((step, index) => index >= answered && ['transaction', 'write'].includes(step)) + 1;
      const between = Array.from({ length: stored - answered + 1 }, (_, index) => answered + index);
      expect(lost, steps.join(' ')).toEqual(grace ? [] : between);
    },
  );

  test('its person is disabled: nothing of the grant is burnt', async () => {
    const steps = await atEveryStep(async (at) => {
      const id = await given();
      const person = eq(people.id, hub.personId);
      const { ctx, cut } = cutAt(at, () =>
        hub.database.db.update(people).set({ disabledAt: sql`now()` }).where(person),
      );
      await run(ctx, id);
      await hub.database.db.update(people).set({ disabledAt: null }).where(person);
      if (cut.after.length > 0) {
        expect(hub.server.accepts(await hub.refreshTokenOf(id)), `before ${cut.after[0]} (${at})`).toBe(true);
      }
      return cut;
    });
    expectWhole(steps);
  });
});
