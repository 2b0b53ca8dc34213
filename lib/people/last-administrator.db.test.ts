import { and, eq, isNull, or } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Context, Runtime } from '#lib/context';
import { systemContext } from '#lib/context';
import { people } from '#lib/db/schema/people';
import { deletePerson } from '#lib/people/delete';
import { disablePerson } from '#lib/people/disable';
import { setRole } from '#lib/people/set-role';
import { endSession } from '#lib/sign-in/end-session';
import { describeWithConnections, sharedDatabase } from '#tests/database';
import { addFreshAdministrator, createRuntime } from '#tests/hub';
import { steppedDatabase } from '#tests/process-steps';

const database = sharedDatabase();
let runtime: Runtime;
beforeEach(async () => {
  runtime = createRuntime(database.current, []);
  // Those of other tests must not count as the ones who are left.
  await database.db.update(people).set({ role: 'user', adminByConfig: false });
});

type Verb = (ctx: Context, id: string) => Promise<unknown>;
const demote: Verb = (ctx, id) => setRole(ctx, { id, role: 'user' });
const disable: Verb = (ctx, id) => disablePerson(ctx, { id, reason: 'r' });
const remove: Verb = (ctx, id) => deletePerson(ctx, { id, reason: 'r' });
const verbs: [string, Verb][] = [
  ['demotes', demote],
  ['disables', disable],
  ['deletes', remove],
];
const pairs = verbs.flatMap(([one, first]) => verbs.map(([other, second]) => [one, other, first, second] as const));

const administrators = () =>
  database.db
    .select({ id: people.id })
    .from(people)
    .where(
      and(
        or(eq(people.role, 'administrator'), people.adminByConfig),
        isNull(people.disabledAt),
        isNull(people.deletedAt),
      ),
    );

const idOf = (ctx: Context) => (ctx.actor.type === 'person' ? ctx.actor.personId : '');

/**
 * The same context, with a first transaction that waits until the transactions of all who share the gate are about to
 * begin.
 */
function gate(parties: number): (ctx: Context) => Context {
  const open = Promise.withResolvers<void>();
  let waiting = 0;
  return (ctx) => {
    let passed = false;
    return {
      ...ctx,
      database: steppedDatabase(ctx.database, async (step) => {
        if (step !== 'transaction' || passed) return;
        passed = true;
        waiting += 1;
        if (waiting === parties) open.resolve();
        await open.promise;
      }),
    };
  };
}

describe('A-07 the last administrator', () => {
  describeWithConnections('two administrators at the same moment', () => {
    test.each(pairs)('one %s the other, who %s the first: one is left', async (_one, _other, first, second) => {
      const [ada, grace] = [await addFreshAdministrator(runtime), await addFreshAdministrator(runtime)];
      const together = gate(2);
      const done = await Promise.allSettled([first(together(ada), idOf(grace)), second(together(grace), idOf(ada))]);
      expect(await administrators()).toHaveLength(1);
      const refused = done.filter((one) => one.status === 'rejected');
      expect(refused).toHaveLength(1);
      expect(['unauthenticated', 'forbidden', 'person_disabled']).toContain(refused[0]?.reason.code);
    });

    test('in a ring of three, each shutting out the next, somebody is left', async () => {
      const ring = [
        await addFreshAdministrator(runtime),
        await addFreshAdministrator(runtime),
        await addFreshAdministrator(runtime),
      ];
      const together = gate(3);
      await Promise.allSettled(ring.map((ctx, n) => disable(together(ctx), idOf(ring[(n + 1) % 3] ?? ctx))));
      expect((await administrators()).length).toBeGreaterThan(0);
    });

    test('the command line disables one while that one disables the other: one is left', async () => {
      const [ada, grace] = [await addFreshAdministrator(runtime), await addFreshAdministrator(runtime)];
      const together = gate(2);
      await Promise.allSettled([
        disable(together(systemContext(runtime, 'cli')), idOf(ada)),
        disable(together(ada), idOf(grace)),
      ]);
      expect(await administrators()).toHaveLength(1);
    });

    test('two who end each other’s sessions: one session goes on, and neither waits for ever', async () => {
      const [ada, grace] = [await addFreshAdministrator(runtime), await addFreshAdministrator(runtime)];
      const sessionOf = (ctx: Context) => (ctx.actor.type === 'person' ? ctx.actor.sessionId : '');
      const together = gate(2);
      const done = await Promise.allSettled([
        endSession(together(ada), { publicId: sessionOf(grace) }),
        endSession(together(grace), { publicId: sessionOf(ada) }),
      ]);
      expect(done.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    });
  });

  test.each(verbs.slice(1))('our own command line %s no last administrator', async (_, act) => {
    const only = await addFreshAdministrator(runtime);
    await expect(act(systemContext(runtime, 'cli'), idOf(only))).rejects.toMatchObject({ code: 'conflict' });
    expect(await administrators()).toEqual([{ id: idOf(only) }]);
  });

  test('the command line disables the last one where it says so, and no page can', async () => {
    const [only, other] = [await addFreshAdministrator(runtime), await addFreshAdministrator(runtime)];
    await database.db
      .update(people)
      .set({ role: 'user', email: 'named@example.com', adminByConfig: true })
      .where(eq(people.id, idOf(only)));
    const input = { id: idOf(other), reason: 'stolen', dangerouslyLastAdministrator: true } as const;
    // Its ADMIN_EMAILS names this person no more: they count as none.
    await expect(disablePerson(only, input)).rejects.toMatchObject({ code: 'conflict' });
    const named = { ...runtime, config: { ...runtime.config, adminEmails: ['named@example.com'] } };
    await disablePerson({ ...only, ...named }, { id: idOf(other), reason: 'stolen' });
    await disablePerson(systemContext(runtime, 'cli'), { ...input, id: idOf(only) });
    expect(await administrators()).toEqual([]);
  });
});
