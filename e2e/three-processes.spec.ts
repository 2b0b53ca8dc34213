import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { parseConfig } from '#lib/config/config';
import { openPostgres } from '#lib/db/open';
import { assembleRuntime } from '#lib/runtime';
import { appEnvironment, startApp } from '#scripts/demo-stack';
import { freePort } from '#scripts/postgres-server';
import { end } from '#scripts/processes';
import { addApiKey, addConnection, addPerson, entries, plainRecord } from '#tests/hub';
import { startTokenServer } from '#tests/servers/token-server';
import { storyDatabase } from './story-database.ts';

test('three processes on one PostgreSQL: 200 callers of an expired token, one refresh', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-three-'));
  const provider = await startTokenServer();
  provider.behaviour.beforeAnswer = () => new Promise((resolve) => setTimeout(resolve, 200));
  writeFileSync(join(folder, 'providers.json'), JSON.stringify([plainRecord(provider.issuer)]));
  const story = await storyDatabase('postgres');
  const environments: Record<string, string>[] = [];
  for (let n = 0; n < 3; n++) {
    environments.push(
      appEnvironment({ folder, port: await freePort(), development: false, environment: story.environment }),
    );
  }
  const logFile = (n: number) => join(folder, `server-${n}.log`);
  const processes: ChildProcess[] = [];
  const database = openPostgres(String(story.environment.DATABASE_URL));
  try {
    // All three at once: whichever comes first migrates, the others wait for it.
    const started = environments.map(async (environment, n) => {
      processes.push(await startApp({ ...process.env, ...environment } as NodeJS.ProcessEnv, logFile(n)));
    });
    await Promise.all(started);
    const runtime = assembleRuntime(parseConfig(environments[0] ?? {}), database);
    const { id: personId } = await addPerson(runtime);
    const { key } = await addApiKey(runtime);
    const id = await addConnection(runtime, { personId, refreshToken: provider.grant(), expiresIn: -10, age: 3600 });

    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        fetch(`${environments[n % 3]?.APP_URL}/api/v1/connections/${id}/token`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}` },
        }),
      ),
    );

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const tokens = await Promise.all(answers.map(async (answer) => (await answer.json()).access_token as string));
    expect(new Set(tokens).size).toBe(1);
    expect(provider.isLive(tokens[0] ?? '')).toBe(true);
    expect(provider.requests).toBe(1);
    const written = (await entries(runtime, id)).map(({ action }) => action);
    expect(written.filter((action) => action === 'token.refreshed')).toHaveLength(1);
    expect(written.filter((action) => action === 'token.vended')).toHaveLength(200);
    for (const n of [0, 1, 2]) expect(readFileSync(logFile(n), 'utf8')).not.toContain(tokens[0]);
  } finally {
    await Promise.all(processes.map((child) => end(child)));
    await database.close();
    await story.close();
    await provider.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
