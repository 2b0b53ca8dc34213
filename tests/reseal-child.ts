import { systemContext } from '#lib/context';
import { holdDataKeys } from '#lib/vault-keys/data-keys';
import { listVaultKeys } from '#lib/vault-keys/list-keys';
import { resealTokens } from '#lib/vault-keys/reseal';
import { type Making, runtimeFrom } from '#tests/child-runtime';

/**
 * A small process that reseals, a batch after the other, until it is killed, and says after each how far the walk is. For
 * tests of `kill -9`; speaks with its parent over IPC.
 */
process.once('message', async (message) => {
  const runtime = runtimeFrom(message as Making, 2);
  const ctx = systemContext(runtime, 'test');
  await holdDataKeys(runtime);
  for (;;) {
    await resealTokens(ctx, { seconds: 0.001 });
    process.send?.({ acknowledged: (await listVaultKeys(ctx)).reseal?.seen });
  }
});
