import { boot } from '#lib/boot';
import { systemContext } from '#lib/context';
import { toAppError } from '#lib/errors';
import { refreshConnection } from '#lib/refresh/refresh';

// The product's parts as a process starts them, on the database of its data folder; refreshes what its parent names.

process.once('message', async (environment) => {
  Object.assign(process.env, environment);
  const { runtime } = await boot();
  process.on('message', async (id) => {
    const outcome = await refreshConnection(systemContext(runtime, 'test'), { id: String(id), force: true }).then(
      () => 'refreshed',
      (error: unknown) => toAppError(error).code,
    );
    process.send?.(outcome);
  });
  process.send?.('booted');
});
