import { type Context, type Runtime, systemContext } from '#lib/context';
import { toAppError } from '#lib/errors';
import { refreshDueConnections } from '#lib/refresh/refresh-due';
import { vendToken } from '#lib/tokens/vend-token';
import { type Making, runtimeFrom } from '#tests/child-runtime';

/** One thing to do; `number` comes back with what became of it. */
export type Order = { number: number } & (
  | { do: 'vend'; key: string; id: string; callers: number }
  | { do: 'refresh what is due' }
  | { do: 'say the time' }
  | { do: 'stand before asking' }
  | { do: 'ask' }
);

/** How a caller's vend ended. */
export type Vended = { accessToken: string; expiresAt: string | null } | { code: string; retryAfterSeconds?: number };

async function vend(ctx: Context, key: string, id: string): Promise<Vended> {
  try {
    const { accessToken, expiresAt } = await vendToken({ ...ctx, actor: { type: 'anonymous' } }, { id, key });
    return { accessToken, expiresAt: expiresAt?.toISOString() ?? null };
  } catch (error) {
    const { code, retryAfterSeconds } = toAppError(error);
    return { code, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
  }
}

/** Where the process stands still before it asks the provider. */
interface Stand {
  reached: PromiseWithResolvers<void>;
  goOn: PromiseWithResolvers<void>;
}
let stand: Stand | undefined;

/** A runtime with calls that wait where `stand` says so. */
function standing(runtime: Runtime): Runtime {
  const ask: typeof fetch = async (input, init) => {
    stand?.reached.resolve();
    await stand?.goOn.promise;
    return runtime.fetch(input, init);
  };
  return { ...runtime, fetch: ask };
}

function standBeforeAsking(): Promise<void> {
  stand = { reached: Promise.withResolvers<void>(), goOn: Promise.withResolvers<void>() };
  return stand.reached.promise;
}

function work(ctx: Context, order: Order): Promise<unknown> {
  if (order.do === 'stand before asking') return standBeforeAsking();
  if (order.do === 'ask') return Promise.resolve(stand?.goOn.resolve());
  if (order.do === 'say the time') return Promise.resolve(Date.now());
  if (order.do === 'refresh what is due') return refreshDueConnections(ctx);
  const { key, id, callers } = order;
  return Promise.all(Array.from({ length: callers }, () => vend(ctx, key, id)));
}

// A process of its own that vends and refreshes as it is told, until it is killed or its parent goes.
process.once('message', (making) => {
  const runtime = standing(runtimeFrom(making as Making, 4));
  const ctx = systemContext(runtime, 'test');
  // As `server.ts` does: held answers are written down first, as long as that takes.
  process.once('SIGTERM', async () => {
    await Promise.allSettled(runtime.background);
    process.exit(0);
  });
  process.on('message', async (message) => {
    const order = message as Order;
    process.send?.({ number: order.number, result: await work(ctx, order) });
  });
  process.send?.({ number: 0, result: 'ready' });
});
