import type { Context, Runtime } from '#lib/context';
import { once } from '#lib/process-parts';
import { keepUnstored } from '#lib/refresh/late-answer';
import { type HeldAnswer, storeAnswer } from '#lib/refresh/store-answers';

/** Longer than an asynchronous standby that is still fit to be promoted is behind. */
const keptMs = 120_000;

/** At most so many connections' answers, a few kilobytes each; the oldest go first. */
const mostKept = 10_000;

interface Recent {
  held: HeldAnswer;
  /** `performance.now()` */
  storedAt: number;
}

const recentOf = ({ processId }: Runtime) => once(`recent-answers ${processId}`, () => new Map<string, Recent>());

function forgetOld(recent: Map<string, Recent>): void {
  // In the order in which they were stored.
  for (const [id, { storedAt }] of recent) {
    if (recent.size <= mostKept && performance.now() - storedAt < keptMs) return;
    recent.delete(id);
  }
}

/**
 * Keeps a stored answer for two minutes, sealed: a standby that takes over may not have seen it, and then it is nowhere
 * else. Of each connection the newest one.
 */
export function keepRecent(ctx: Runtime, held: HeldAnswer): void {
  const recent = recentOf(ctx);
  const { id } = held.leased.lease;
  recent.delete(id);
  recent.set(id, { held, storedAt: performance.now() });
  forgetOld(recent);
}

/**
 * Puts back answers that this process stored lately and the database no longer has: rows of an older generation of the
 * same grant. Answers that no row takes go to the revocations. Answers how many were put back.
 */
export async function putBackRecent(ctx: Context): Promise<number> {
  const recent = recentOf(ctx);
  forgetOld(recent);
  const answers = [...recent.values()].map(({ held }) => held);
  const stored = await Promise.all(answers.map((held) => storeAnswer(ctx, held)));
  const rest = answers.filter((_, at) => !stored[at]);
  await keepUnstored(ctx, rest);
  return answers.length - rest.length;
}
