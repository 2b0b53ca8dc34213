import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { systemContext } from '#lib/context';
import type { EmbeddedDatabase } from '#lib/db/open';
import { AppError } from '#lib/errors';
import { createBoss, createQueues, refreshQueue, tickQueue } from '#lib/jobs/job-tables';
import { listJobs } from '#lib/jobs/list-jobs';
import { withDatabase } from '#tests/database';
import { addPerson, createRuntime } from '#tests/hub';

test('a job says when its last run ended, whether one is under way, when the next is, and when it is late', async () => {
  await withDatabase(async (database) => {
    const runtime = createRuntime(database, []);
    const ctx = systemContext(runtime, 'test');
    const boss = createBoss(
      database.url ? { url: database.url } : { pglite: (database as unknown as EmbeddedDatabase).pglite },
      true,
    );
    await boss.start();
    try {
      await createQueues(boss);
      const [never] = await listJobs(ctx);
      expect(never).toEqual({ name: tickQueue, lastEndedAt: null, runningSince: null, nextAt: null, late: false });

      await boss.schedule(tickQueue, '* * * * *');
      await boss.send(tickQueue);
      const [job] = await boss.fetch(tickQueue);
      const [running, other] = await listJobs(ctx);
      expect(running).toMatchObject({ lastEndedAt: null, runningSince: expect.any(Date), nextAt: expect.any(Date) });
      expect(running?.nextAt?.getSeconds()).toBe(0);
      expect(other).toMatchObject({ name: refreshQueue, runningSince: null });

      await boss.complete(tickQueue, job?.id ?? '');
      const [ended] = await listJobs(ctx);
      expect(ended).toMatchObject({ lastEndedAt: expect.any(Date), runningSince: null, late: false });

      await database.db.execute(sql`update pgboss.job set completed_on = now() - interval '6 minutes'`);
      expect((await listJobs(ctx))[0]).toMatchObject({ late: true });

      const { ctx: asPerson } = await addPerson(runtime);
      await expect(listJobs(asPerson())).rejects.toThrow(new AppError('forbidden'));
      await expect(listJobs(asPerson('auditor'))).resolves.toHaveLength(2);
    } finally {
      await boss.stop({ graceful: false });
    }
  });
});
