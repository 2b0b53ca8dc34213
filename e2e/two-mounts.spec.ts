import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { appEnvironment } from '#scripts/demo-stack';
import { end, start } from '#scripts/processes';
import { plainRecord } from '#tests/hub';
import { startTokenServer } from '#tests/servers/token-server';

test('both mounts of the machine API share the process: forty callers at each, one refresh, one embedded database', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-mounts-'));
  const provider = await startTokenServer();
  provider.behaviour.beforeAnswer = () => new Promise((resolve) => setTimeout(resolve, 300));
  writeFileSync(join(folder, 'providers.json'), JSON.stringify([plainRecord(provider.issuer)]));
  const environment = appEnvironment({ folder, port: 3000, development: false });
  const child = start(process.execPath, ['e2e/two-mounts-server.ts'], {
    env: { ...process.env, ...environment, TEST_REFRESH_TOKEN: provider.grant() },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    const [ready] = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => Promise.reject(new Error('the server did not start'))),
    ]);
    const { direct, throughNext, connection, key } = ready as Record<string, string>;
    const vend = (url: string | undefined) =>
      fetch(`${url}/api/v1/connections/${connection}/token`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}` },
      });
    const callers = Array.from({ length: 80 }, (_, index) => vend(index % 2 ? direct : throughNext));
    const answers = await Promise.all(callers);
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
    const tokens = await Promise.all(answers.map(async (answer) => (await answer.json()).access_token));
    expect(new Set(tokens).size).toBe(1);
    expect(provider.isLive(tokens[0])).toBe(true);
    expect(provider.refreshes).toBe(1);
    // Two registers, one a bundle, would each have begun one and met at the lease in the database only.
    child.send('count');
    const [{ begun }] = (await once(child, 'message')) as [{ begun: number }];
    expect(begun).toBe(1);
    child.send('end');
    await once(child, 'exit');
  } finally {
    await end(child);
    await provider.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
