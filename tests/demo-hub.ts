import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type Demo, startDemo } from '#demo/start';
import type { DemoProviderId } from '#demo/switches';
import type { Runtime } from '#lib/context';
import { sharedDatabase } from '#tests/database';
import { createRuntime } from '#tests/hub';

/** A hub over this file's database and real demo servers, which stand fresh for each test; connections and people stay. */
export function demoHub(
  only: readonly DemoProviderId[],
  adapt: (record: Record<string, unknown>) => Record<string, unknown> = (record) => record,
) {
  const database = sharedDatabase();
  let demo: Demo | undefined;
  let runtime: ReturnType<typeof createRuntime> | undefined;
  beforeAll(async () => {
    demo = await startDemo({ appUrl: 'http://localhost:3000', only });
    runtime = createRuntime(
      database.current,
      demo.providers.map((record) => adapt({ ...record })),
    );
  });
  afterAll(() => demo?.close());
  beforeEach(() => {
    for (const id of only) demo?.server(id).reset();
  });
  return {
    database,
    get demo(): Demo {
      if (!demo) throw new Error('The demo servers run within tests and hooks only.');
      return demo;
    },
    get runtime(): Runtime & { logged: Record<string, unknown>[] } {
      if (!runtime) throw new Error('The hub exists within tests and hooks only.');
      return runtime;
    },
  };
}
