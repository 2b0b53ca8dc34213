import { refreshDueConnections } from '#lib/connections/refresh-due';
import { vendToken } from '#lib/connections/vend-token';
import { type Context, systemContext } from '#lib/context';
import { toAppError } from '#lib/errors';
import { type Making, runtimeFrom } from '#tests/child-runtime';

/** One thing to do; `number` comes back with what became of it. */
export type Order = { number: number } & (
  | { do: 'vend'; key: string; id: string; callers: number }
  | { do: 'refresh what is due' }
  | { do: 'say the time' }
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

function work(ctx: Context, order: Order): Promise<unknown> {
  if (order.do === 'say the time') return Promise.resolve(Date.now());
  if (order.do === 'refresh what is due') return refreshDueConnections(ctx);
  const { key, id, callers } = order;
  return Promise.all(Array.from({ length: callers }, () => vend(ctx, key, id)));
}

// A process of its own that vends and refreshes as it is told, until it is killed or its parent goes.
process.once('message', (making) => {
  const ctx = systemContext(runtimeFrom(making as Making, 4), 'test');
  process.on('message', async (message) => {
    const order = message as Order;
    process.send?.({ number: order.number, result: await work(ctx, order) });
  });
  process.send?.({ number: 0, result: 'ready' });
});
