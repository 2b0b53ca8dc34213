import { eq } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { putPerson } from '#lib/applications/put-person';
import { people } from '#lib/db/schema/people';
import { sharedDatabase } from '#tests/database';
import { addApplication, createRuntime } from '#tests/hub';

const database = sharedDatabase();
const put = (application: string, id: string, tenant?: string) => putPerson(database.db, application, { id, tenant });

test('each pair of ids is a person of its own, and the same pair the same person', async () => {
  const runtime = createRuntime(database.current, []);
  const [application, other] = [await addApplication(runtime), await addApplication(runtime)];
  // Two hundred characters of which none comes twice: more than an index takes as they are, or packs.
  const long = Array.from({ length: 199 }, (_, n) =>
    String.fromCodePoint(0x800 + ((n * n * 7919 + n * 104_729) % 52_000)),
  ).join('');
  const pairs: [id: string, tenant?: string][] = [
    ['a/b'],
    ['b', 'a'],
    ['a%2Fb'],
    ['/b', 'a'],
    ['b', 'a/'],
    ['A/B'],
    ['a/b '],
    ['null'],
    ['undefined', 'null'],
    ["'; drop table people --"],
    ['\u202Eb'],
    ['ж'.repeat(200), 'ж'.repeat(200)],
    [long, long],
    [`${long}x`, long],
    [long, `${long}x`],
  ];
  const ids: string[] = [];
  for (const at of [application, other])
    for (const [id, tenant] of pairs) {
      const made = await put(at, id, tenant);
      expect(await put(at, id, tenant)).toEqual(made);
      const [row] = await database.db.select().from(people).where(eq(people.id, made.id));
      expect(row).toMatchObject({ applicationId: at, applicationUser: id, applicationTenant: tenant ?? null });
      ids.push(made.id);
    }
  expect(new Set(ids).size).toBe(2 * pairs.length);
});
