import { systemContext } from '#lib/context';
import { refreshConnection } from '#lib/refresh/refresh';
import { type Making, runtimeFrom } from '#tests/child-runtime';

/**
 * A small process that refreshes one connection again and again until it is killed, and says after each refresh which
 * generation it has been told is stored. For tests of `kill -9`; speaks with its parent over IPC.
 */
interface Orders extends Making {
  connection: string;
}

process.once('message', async (message) => {
  const orders = message as Orders;
  const ctx = systemContext(runtimeFrom(orders, 2), 'test');
  for (let refreshes = 1; ; refreshes++) {
    await refreshConnection(ctx, { id: orders.connection, force: true });
    process.send?.({ acknowledged: refreshes });
  }
});
