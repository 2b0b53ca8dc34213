import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '#lib/db/database';
import { isDatabaseUnavailable } from '#lib/db/database';
import { openPostgres } from '#lib/db/open';
import { describeWithConnections, sharedDatabase } from '#tests/database';

const database = sharedDatabase();

/** The way to the server that ends, for good, once so many bytes of its answers have gone through. */
async function openShortWay(url: string, bytes: number) {
  const { hostname, port } = new URL(url);
  let passed = 0;
  const gate = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) socket.on('error', () => {});
    near.once('close', () => far.destroy());
    near.pipe(far);
    far.on('data', (answer) => {
      const part = answer.subarray(0, bytes - passed);
      passed += part.length;
      near.write(part);
      if (passed < bytes) return;
      gate.close();
      near.destroySoon();
    });
  });
  await once(gate.listen(0, '127.0.0.1'), 'listening');
  const way = new URL(url);
  way.port = String((gate.address() as AddressInfo).port);
  return { url: way.href, passed: () => passed, close: () => gate.close() };
}

const asked: Record<string, (opened: Database) => Promise<unknown>> = {
  'the hot path': ({ hot }) => hot.read('select 1', []),
  'everything else': ({ db }) => db.execute(sql`select 1`),
};

describeWithConnections('a database that goes away while a connection is made', () => {
  const unheard: unknown[] = [];
  const hear = (reason: unknown) => void unheard.push(reason);
  beforeAll(() => void process.on('unhandledRejection', hear));
  afterAll(() => void process.off('unhandledRejection', hear));

  // An unawaited failure ends the process: one restart of the server would end them all.
  test.each(Object.entries(asked))('fails the statement and leaves the process alone, for %s', async (_, ask) => {
    const attempt = async (bytes: number) => {
      const way = await openShortWay(database.current.url ?? '', bytes);
      const opened = openPostgres(way.url, { max: 1 });
      const failure = await ask(opened).then(
        () => undefined,
        (error: unknown) => error,
      );
      await opened.close().catch(() => {});
      way.close();
      return { failure, passed: way.passed() };
    };
    const { failure, passed: whole } = await attempt(1_000_000);
    expect(failure).toBeUndefined();
    const steps = 60;
    for (let step = 0; step < steps; step++) {
      const cut = await attempt(1 + Math.floor((whole * step) / steps));
      // What cuts the last bytes may be too late for the statement.
      if (cut.failure !== undefined) expect(isDatabaseUnavailable(cut.failure)).toBe(true);
    }
    // Rejections are told of in a turn of their own.
    await new Promise(setImmediate);
    expect(unheard.splice(0)).toEqual([]);
  });
});
