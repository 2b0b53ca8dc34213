import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { expect, inject, test, vi } from 'vitest';
import { sealLedger } from '#lib/audit/seal-ledger';
import { verifyLedger } from '#lib/audit/verify-ledger';
import { parseConfig } from '#lib/config/config';
import { systemContext } from '#lib/context';
import { type Database, rowsOf } from '#lib/db/database';
import { isMigrated } from '#lib/db/migrate';
import { openPostgres } from '#lib/db/open';
import { assembleRuntime } from '#lib/runtime';
import { appEnvironment } from '#scripts/demo-stack';
import { freePort } from '#scripts/postgres-server';
import { describeWithConnections } from '#tests/database';
import { plainRecord } from '#tests/hub';
import { hasHistory, layRelease, releases } from '#tests/releases';
import { startTokenServer } from '#tests/servers/token-server';
import { startLoad } from '../e2e/beyond/load.ts';

vi.setConfig({ testTimeout: 180_000 });

const connectionsHeld = 40;

test('each version of CHANGELOG.md but the one that is made just now is a release with its commit', () => {
  const { version: made } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const versions = [...readFileSync('CHANGELOG.md', 'utf8').matchAll(/^## \[(\d[^\]]*)\]/gm)].map(([, one]) => one);
  const known = releases.map(({ version }) => version);
  expect(versions.filter((version) => version !== made && !known.includes(version ?? ''))).toEqual([]);
  expect(known.length).toBeGreaterThan(0);
  for (const { commit } of releases) expect(commit).toMatch(/^[0-9a-f]{40}$/);
});

/** A process of the hub from the code in a folder. */
async function startHub(
  folder: string,
  environment: Record<string, string>,
): Promise<{ url: string; child: ChildProcess }> {
  const child = fork(join(folder, 'bench/programs/hub.ts'), {
    cwd: folder,
    env: { ...process.env, ...environment } as NodeJS.ProcessEnv,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  child.send('start');
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`The process of ${folder} ended.`)));
  const [{ url }] = (await Promise.race([once(child, 'message'), ended])) as [{ url: string }];
  ended.catch(() => undefined);
  return { url, child };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

describeWithConnections('an upgrade under load', () => {
  test.for(releases)('from $version: old beside new, without a failed call', async (release, context) => {
    if (!hasHistory(release))
      return void context.annotate(`git has no commit ${release.commit}: the old processes were not run`);
    const old = layRelease(release);
    const { url } = inject('postgresServer');
    const administrator = openPostgres(url, { max: 1 });
    const name = `beside_${randomBytes(6).toString('hex')}`;
    await administrator.db.execute(sql.raw(`create database ${name}`));
    const databaseUrl = Object.assign(new URL(url), { pathname: `/${name}` }).href;
    const provider = await startTokenServer();
    // Over within seconds: both builds refresh, and each opens what the other sealed.
    provider.behaviour.expiresIn = 8;
    const folder = mkdtempSync(join(tmpdir(), 'grantkeep-beside-'));
    mkdirSync(join(folder, 'data'), { mode: 0o700 });
    writeFileSync(join(folder, 'providers.json'), JSON.stringify([plainRecord(provider.issuer)]));
    const more = { DATABASE_URL: databaseUrl, API_RATE_PER_MINUTE: '1000000' };
    const environmentAt = (port: number) => appEnvironment({ folder, port, development: false, environment: more });
    const running: ChildProcess[] = [];
    const opened: Database[] = [];
    const start = async (from: string) => {
      const hub = await startHub(from, environmentAt(await freePort()));
      running.push(hub.child);
      return hub;
    };
    try {
      const first = await start(old.folder);
      const second = await start(old.folder);
      const refreshTokens = Array.from({ length: connectionsHeld }, () => provider.grant());
      const { key, ids } = JSON.parse(
        execFileSync(process.execPath, ['tests/fill-release.ts'], {
          cwd: old.folder,
          input: JSON.stringify({ refreshTokens, environment: environmentAt(1) }),
          encoding: 'utf8',
        }),
      ) as { key: string; ids: string[] };
      const database = openPostgres(databaseUrl);
      opened.push(database);
      // The release's own schema, and so its own code.
      expect(await isMigrated(database.db)).toBe(false);
      const urls = [first.url, second.url];
      const load = startLoad(8, key, { urls, ids });
      await load.given(100);

      // One after the other is replaced; the first new process migrates while the old ones serve.
      for (const leaving of [first, second]) {
        const coming = await start(process.cwd());
        urls.push(coming.url);
        await load.given(100);
        urls.splice(urls.indexOf(leaving.url), 1);
        await load.given(50);
        // The last old one stays, without calls: while it runs, the new ones seal so that it can open.
        if (leaving === first) await end(leaving.child);
        await load.given(100);
      }

      // The way back: the release again, on the schema and on the tokens of the new version.
      const back = await start(old.folder);
      await end(second.child);
      urls.splice(0, urls.length, back.url);
      await load.given(100);

      const heard = await load.stop();
      expect([heard.failed, [...heard.later]]).toEqual([[], []]);
      expect(await isMigrated(database.db)).toBe(true);
      const [told] = rowsOf<{ count: number }>(
        await database.db.execute(sql`select count(distinct request_id)::int as count from ledger
            where action = 'token.vended' and request_id = any(${sql.param(heard.given)}::text[])`),
      );
      expect(told?.count).toBe(new Set(heard.given).size);
      const runtime = assembleRuntime(parseConfig(environmentAt(1)), database);
      const ctx = systemContext(runtime, 'test');
      await sealLedger(ctx);
      expect(await verifyLedger(ctx)).toMatchObject({ faults: [] });
      // None was lost to an answer that one of them could not keep.
      const [lost] = rowsOf<{ count: number }>(
        await database.db.execute(sql`select count(*)::int as count from connections where status <> 'connected'`),
      );
      expect(lost?.count).toBe(0);
    } finally {
      await Promise.all(running.map(end));
      for (const one of opened) await one.close();
      await provider.close();
      await administrator.db.execute(sql.raw(`drop database if exists ${name} with (force)`));
      await administrator.close();
      rmSync(folder, { recursive: true, force: true });
      old.remove();
    }
  });
});
