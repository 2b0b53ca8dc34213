import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from '#lib/context';
import { isDatabaseUnavailable } from '#lib/db/database';
import { mayPass } from '#lib/db/may-pass';

/** Longer than a standby takes to be promoted, and shorter than a revocation's claim lasts. */
const patienceMs = 60_000;

/** Stores what only this process has, and tries again while the database takes nothing. @throws what `store` throws last */
export async function untilStored<T>(ctx: Context, event: string, store: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    try {
      return await store();
    } catch (error) {
      if (!(isDatabaseUnavailable(error) || mayPass(error)) || performance.now() > giveUpAt) throw error;
      ctx.log.warn({ event, err: error });
      await sleep(randomInt(100, 301));
    }
  }
}
