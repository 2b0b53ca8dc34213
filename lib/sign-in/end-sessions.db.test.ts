import { expect, test } from 'vitest';
import { systemContext } from '#lib/context';
import { endSession, endSessions } from '#lib/sign-in/end-session';
import { sharedDatabase } from '#tests/database';
import { addFreshAdministrator, addPerson, createRuntime, entries } from '#tests/hub';

const database = sharedDatabase();

test('A-17 a session without a fresh sign-in ends no administrator’s session; the command line ends everybody’s', async () => {
  const runtime = createRuntime(database.current, []);
  const thief = (await addPerson(runtime, { role: 'administrator' })).ctx();
  const other = await addFreshAdministrator(runtime);
  const user = (await addPerson(runtime)).ctx();
  const sessionOf = ({ actor }: typeof thief) => ({ publicId: actor.type === 'person' ? actor.sessionId : '' });
  await expect(endSession(thief, sessionOf(other))).rejects.toMatchObject({ code: 'step_up_required' });
  await expect(endSessions(thief, 'everybody')).rejects.toMatchObject({ code: 'forbidden' });
  await endSession(thief, sessionOf(user));
  await endSession(other, sessionOf(thief));
  await expect(endSession(thief, sessionOf(other))).rejects.toMatchObject({ code: 'unauthenticated' });
  expect(await endSessions(systemContext(runtime, 'cli'), 'everybody')).toEqual({ people: 1, sessions: 1 });
  expect((await entries(runtime)).at(-1)).toMatchObject({ action: 'session.ended', actorId: 'cli' });
});
