import { expect, test } from 'vitest';
import type { Context } from '#lib/context';
import { createLogger } from '#lib/log';
import { inPart } from '#lib/web/page';

test('a part of a page that fails is logged with the request’s reference and takes nothing else with it', async () => {
  const logged: Record<string, unknown>[] = [];
  const log = createLogger({
    level: 'debug',
    pretty: false,
    destination: { write: (line: string) => void logged.push(JSON.parse(line)) },
  });
  const ctx = { log, requestId: 'req_test' } as Context;
  expect(await inPart(ctx, 'jobs', Promise.resolve(7))).toBe(7);
  expect(await inPart(ctx, 'jobs', Promise.reject(new Error('no such table')))).toBeNull();
  expect(logged).toMatchObject([
    { event: 'page_part_failed', 'grantkeep.part': 'jobs', 'grantkeep.request_id': 'req_test', level: 'error' },
  ]);
});
