import { beforeAll, expect, test } from 'vitest';
import { getBlastRadius } from '#lib/revocation/blast-radius';
import { sharedDatabase } from '#tests/database';
import { addConnection, addPerson, asNobody, createRuntime, plainRecord } from '#tests/hub';

const database = sharedDatabase();
const record = (id: string, blast_radius: string) => ({
  ...plainRecord('http://localhost:1', id),
  revoke: { blast_radius },
});
let runtime: ReturnType<typeof createRuntime>;
let ada: Awaited<ReturnType<typeof addPerson>>;
let grace: typeof ada;
beforeAll(async () => {
  runtime = createRuntime(database.current, [
    record('wide', 'account'),
    record('wide-too', 'account'),
    record('middle', 'grant'),
    record('narrow', 'token'),
  ]);
  [ada, grace] = [await addPerson(runtime), await addPerson(runtime)];
});

/** The same account connected at every provider by both. */
async function everywhere(subject: string) {
  const made: Record<string, string> = {};
  for (const provider of ['wide', 'wide-too', 'middle', 'narrow']) {
    made[provider] = await addConnection(runtime, { personId: ada.id, provider, subject });
    made[`${provider} of grace`] = await addConnection(runtime, { personId: grace.id, provider, subject });
  }
  await addConnection(runtime, {
    personId: ada.id,
    provider: 'wide',
    subject: `${subject} no more`,
    values: { status: 'revoked' },
  });
  await addConnection(runtime, { personId: ada.id, provider: 'wide', subject: `not ${subject}` });
  return made;
}

test.each([
  ['wide', 'account', ['wide-too'], 2, ['wide of grace', 'wide-too', 'wide-too of grace']],
  ['middle', 'grant', [], 1, ['middle of grace']],
  ['narrow', 'token', [], 0, []],
] as const)(
  'what ends with one at %s: the person is named their own, an auditor all',
  async (provider, radius, own, more, all) => {
    const made = await everywhere(`account at ${provider}`);
    const id = made[provider] ?? '';
    const named = (names: readonly string[]) => names.map((name) => made[name]).sort();
    const mine = await getBlastRadius(ada.ctx(), { id });
    expect(mine).toMatchObject({ radius, more });
    expect(mine.connections.map((one) => one.id).sort()).toEqual(named(own));
    expect(mine.connections.every(({ person }) => person === null)).toBe(true);
    const auditors = await getBlastRadius((await addPerson(runtime)).ctx('auditor'), { id });
    expect(auditors).toMatchObject({ radius, more: 0 });
    expect(auditors.connections.map((one) => one.id).sort()).toEqual(named(all));
    const owners = auditors.connections.map(({ id, person }) => [person?.id, made[`${provider} of grace`] === id]);
    for (const [owner, graces] of owners) if (graces) expect(owner).toBe(grace.id);
  },
);

test('nobody learns of somebody else’s', async () => {
  const { wide = '' } = await everywhere('secret');
  for (const ctx of [grace.ctx(), asNobody(runtime)]) {
    await expect(getBlastRadius(ctx, { id: wide })).rejects.toMatchObject({ code: 'not_found' });
  }
  await expect(getBlastRadius(ada.ctx(), { id: 'con_x' })).rejects.toMatchObject({ code: 'not_found' });
});
