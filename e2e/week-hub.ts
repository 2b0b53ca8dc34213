import { sql } from 'drizzle-orm';
import { everyPage, type Readers } from './every-page.ts';
import { test as governed } from './governed.ts';
import { pagesThroughApplication } from './managed-accounts.ts';
import { startOwnApplication } from './own-application.ts';
import { signInAs, someone } from './steps.ts';
import { spendAWeek } from './week.ts';
import { makeWorld, type World } from './world.ts';

export { expect } from './governed.ts';

interface Week {
  world: World;
  /** The name that `world.person` signs in by. */
  person: string;
}

/** Stories over a hub of their own with a week's use: its alerts and keys must not stand on the pages of other stories. */
export const test = governed.extend<{ pages: { by: Readers[keyof Readers]; path: string }[] }, { week: Week }>({
  week: [
    async ({ browser, app, second, hook }, use) => {
      const context = async () => (await browser.newContext({ baseURL: app.url })).newPage();
      const [person, owner] = [await context(), await context()];
      const names = [someone(), someone('Owner')] as const;
      await signInAs(person, app, names[0]);
      await signInAs(owner, app, names[1]);
      const world = await makeWorld(second, app, { person, owner }, hook);
      await spendAWeek(second, app, world);
      await second.rows(sql`insert into webhook_attempts (delivery_id, at, duration_ms, code)
        select ${world.delivery}::bigint, now() - make_interval(hours => n * 9), 5, 'timeout' from generate_series(0, 3) n`);
      await use({ world, person: names[0] });
    },
    { scope: 'worker', timeout: 120_000 },
  ],

  /** Every page of the hub, each with the one who reads it. */
  pages: async ({ newPage, app, week: { world, person } }, use) => {
    const readers = { person: await newPage(), administrator: await newPage(), visitor: await newPage() };
    await signInAs(readers.person, app, person);
    await signInAs(readers.administrator, app, 'admin@example.com');
    const own = await startOwnApplication(app, { provider: 'github' });
    const ofUsers = await pagesThroughApplication(own, readers.visitor);
    await use([...everyPage(world, readers), ...ofUsers.map((path) => ({ by: readers.visitor, path }))]);
    await own.close();
  },
});
