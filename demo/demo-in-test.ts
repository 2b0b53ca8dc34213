import { afterAll, beforeAll, beforeEach } from 'vitest';
import { appUrl } from '#demo/raw-client';
import type { ProviderRecordInput } from '#demo/records';
import { type Demo, type DemoServer, startDemo } from '#demo/start';
import type { DemoProviderId } from '#demo/switches';

export interface DemoInTest {
  readonly demo: Demo;
  readonly record: ProviderRecordInput;
  readonly server: DemoServer;
}

/** Runs one demo server for the tests of a file, its switches, counts and grants fresh for each. */
export function demoInTest(id: DemoProviderId): DemoInTest {
  let demo: Demo | undefined;
  const running = () => {
    if (!demo) throw new Error('The demo has not started yet.');
    return demo;
  };
  beforeAll(async () => {
    demo = await startDemo({ appUrl, only: [id] });
  });
  afterAll(() => demo?.close());
  beforeEach(() => {
    running().server(id).reset();
    running().server(id).withdraw();
  });
  return {
    get demo() {
      return running();
    },
    get record() {
      return running().providers[0] as ProviderRecordInput;
    },
    get server() {
      return running().server(id);
    },
  };
}
