import { expect, test } from 'vitest';
import { alertProgress } from '#lib/db/schema/alerts';
import { alertClock, alertHub } from '#tests/alerts';

const { database, hub } = alertHub();
const theft = { action: 'token.theft_suspected', provider: 'acme' } as const;

test.each([
  ['2 hours', 2 * 60],
  ['2 days', 48 * 60],
])('F-11 the clock was ahead by %s and came back: what is written from then on raises alerts', async (_, ahead) => {
  const runtime = hub();
  const clock = alertClock(runtime);
  await clock.evaluate(0);
  await clock.happened(ahead + 1, { action: 'sign_in.completed' });
  await clock.evaluate(ahead + 2);
  const [before] = await database.db.select().from(alertProgress);
  expect(before?.readTo?.getTime()).toBeGreaterThan(clock.at(ahead).getTime());
  await clock.happened(1, theft);
  await clock.evaluate(2);
  expect(await clock.alerts()).toEqual(['refresh_token_theft acme open']);
  await clock.happened(3, theft, 2);
  await clock.evaluate(4);
  const [after] = await database.db.select().from(alertProgress);
  expect(after?.readTo?.getTime()).toBeLessThan(clock.at(4).getTime());
  expect(runtime.logged.filter(({ event }) => event === 'alerts_stepped_back')).toHaveLength(1);
});
