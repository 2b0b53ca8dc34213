import { expect, test } from 'vitest';
import { listMostSevere } from '#lib/alerts/most-severe';
import { systemContext } from '#lib/context';
import { alerts } from '#lib/db/schema/alerts';
import { alertHub } from '#tests/alerts';
import { addPerson, asNobody } from '#tests/hub';

const { database, hub } = alertHub();

test('S-04 the worst alerts come first, then the ones that wait, then the newest; resolved ones never', async () => {
  const runtime = hub();
  const now = Date.now();
  const row = (id: string, severity: 'critical' | 'warning' | 'info', minutesAgo: number) => {
    const at = new Date(now - minutesAgo * 60_000);
    return { id, rule: id, severity, value: 1, peak: 1, count: 1, openedAt: at, heldAt: at };
  };
  await database.db
    .insert(alerts)
    .values([
      row('info_new', 'info', 1),
      row('warning', 'warning', 2),
      { ...row('critical_seen', 'critical', 3), state: 'acknowledged' as const },
      row('critical_old', 'critical', 9),
      row('critical_new', 'critical', 8),
      { ...row('over', 'critical', 0), state: 'resolved' as const, resolvedAt: new Date(), resolvedBy: 'system' },
    ]);
  const ids = async (limit: number) => {
    const { items, more } = await listMostSevere(systemContext(runtime, 'test'), { limit });
    return [...items.map(({ id }) => id), more];
  };
  expect(await ids(9)).toEqual(['critical_new', 'critical_old', 'critical_seen', 'warning', 'info_new', false]);
  expect(await ids(1)).toEqual(['critical_new', true]);
  await expect(listMostSevere(asNobody(runtime), { limit: 1 })).rejects.toMatchObject({ code: 'unauthenticated' });
  const user = (await addPerson(runtime)).ctx();
  await expect(listMostSevere(user, { limit: 1 })).rejects.toMatchObject({ code: 'forbidden' });
});
