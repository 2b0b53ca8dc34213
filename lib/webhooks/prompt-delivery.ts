import type { Context } from '#lib/context';
import { announceRecent } from '#lib/webhooks/announce';
import { deliverAll, dueEndpoints } from '#lib/webhooks/deliver';

/** Sends what has just happened, without waiting for the tick. */
export interface PromptDelivery {
  /** One look; looks never overlap. */
  look(): Promise<void>;
  /** Begins nothing more, breaks off attempts under way, and waits for them. The tick makes them again. */
  stop(): Promise<void>;
}

/** What a look sends in one go to an endpoint; the tick sends the rest. */
const promptSeconds = 5;

interface Round {
  /** More is due since it began. */
  again: boolean;
  ended: Promise<void>;
}

/**
 * Looks for changes of connections and sends them at once. An endpoint that hangs keeps no other waiting: each is sent to
 * by itself, one round at a time.
 */
export function createPromptDelivery(ctx: Context): PromptDelivery {
  const ending = new AbortController();
  const { signal } = ending;
  const rounds = new Map<string, Round>();
  let looking: Promise<void> | undefined;
  const failed = (err: unknown) => ctx.log.error({ event: 'webhooks_not_sent', err });

  async function sendTo(id: string, round: Round): Promise<void> {
    do {
      round.again = false;
      await deliverAll(ctx, id, { seconds: promptSeconds, signal });
    } while (round.again && !signal.aborted);
  }

  async function lookOnce(): Promise<void> {
    if ((await announceRecent(ctx.database.db)) === 0) return;
    for (const id of await dueEndpoints(ctx, undefined)) {
      const running = rounds.get(id);
      if (running) {
        running.again = true;
        continue;
      }
      const round: Round = { again: false, ended: Promise.resolve() };
      round.ended = sendTo(id, round)
        .catch(failed)
        .finally(() => rounds.delete(id));
      rounds.set(id, round);
    }
  }

  return {
    look() {
      if (!signal.aborted)
        looking ??= lookOnce()
          .catch(failed)
          .finally(() => {
            looking = undefined;
          });
      return looking ?? Promise.resolve();
    },
    async stop() {
      ending.abort();
      await looking;
      await Promise.all([...rounds.values()].map(({ ended }) => ended));
    },
  };
}
