import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lockDataFolder } from '#lib/db/data-folder-lock';
import { rowsOf } from '#lib/db/database';
import { openEmbedded } from '#lib/db/open';
import { layEmbedded } from '#tests/embedded-template';

let folder: string;
const children = new Set<ChildProcess>();
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grantkeep-lock-'));
});
afterEach(async () => {
  await Promise.all([...children].map((child) => end(child)));
  rmSync(folder, { recursive: true, force: true });
});

async function end(child: ChildProcess): Promise<void> {
  children.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Another process that runs this code of ours; what it writes first is the answer. */
async function otherProcess(code: string): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, FOLDER: folder },
  });
  children.add(child);
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, said: String(said) };
}

const tryLock = `
  import { lockDataFolder } from '#lib/db/data-folder-lock';
  try { lockDataFolder(process.env.FOLDER); console.log('locked'); setInterval(() => {}, 1000); }
  catch (error) { console.log(error.name + ': ' + error.message); }`;

describe('the lock of the data folder', () => {
  test('is held against another process until it is given back', async () => {
    const release = lockDataFolder(folder);
    const { said } = await otherProcess(tryLock);
    expect(said).toContain(`DataFolderInUse: The data folder ${folder} is in use by another Grantkeep process.`);
    release();
    expect((await otherProcess(tryLock)).said).toContain('locked');
  });

  test('is held within one process too', () => {
    const release = lockDataFolder(folder);
    expect(() => lockDataFolder(folder)).toThrow(expect.objectContaining({ name: 'DataFolderInUse' }));
    release();
    lockDataFolder(folder)();
  });

  test('is freed when its process is killed', async () => {
    const { child, said } = await otherProcess(tryLock);
    expect(said).toContain('locked');
    expect(() => lockDataFolder(folder)).toThrow(expect.objectContaining({ name: 'DataFolderInUse' }));
    await end(child);
    lockDataFolder(folder)();
  });

  test('that cannot be taken for another reason blames nobody', () => {
    expect(() => lockDataFolder(join(folder, 'absent'))).toThrow(
      expect.not.objectContaining({ name: 'DataFolderInUse' }),
    );
  });
});

describe('the embedded database', () => {
  test('refuses a second process, which harms nothing of the first, and keeps every row that was acknowledged', async () => {
    await layEmbedded(folder);
    const { child, said } = await otherProcess(`
      import { sql } from 'drizzle-orm';
      import { openEmbedded } from '#lib/db/open';
      const { db } = await openEmbedded(process.env.FOLDER);
      await db.execute(sql\`create table kept (n int)\`);
      await db.execute(sql\`insert into kept select generate_series(1, 100)\`);
      console.log('written');
      setInterval(() => {}, 1000);`);
    expect(said).toContain('written');
    await expect(openEmbedded(folder)).rejects.toMatchObject({ name: 'DataFolderInUse' });
    await end(child);
    const again = await openEmbedded(folder);
    expect(rowsOf(await again.db.execute(sql`select count(*)::int as rows from kept`))).toEqual([{ rows: 100 }]);
    await again.close();
    // Closed, it may be opened by the next.
    lockDataFolder(folder)();
  });

  test('makes its folder for its own user only, parents included', async () => {
    chmodSync(folder, 0o755);
    const nested = join(folder, 'a', 'b');
    const opened = await openEmbedded(nested);
    await opened.close();
    expect(statSync(nested).mode & 0o777).toBe(0o700);
  });

  test('keeps its files from others also in a folder that was open to them before', async () => {
    await layEmbedded(folder);
    chmodSync(join(folder, 'pg'), 0o755);
    chmodSync(folder, 0o755);
    const opened = await openEmbedded(folder);
    expect(statSync(join(folder, 'pg')).mode & 0o777).toBe(0o700);
    await opened.close();
  });
});
