import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isExecutable, pathFolders } from './programs.ts';

const run = promisify(execFile);

/** A private PostgreSQL server that lives as long as this process. */
export interface PostgresServer {
  /** Connection URL of the superuser's database `postgres`, with its password. */
  url: string;
  /** Ends the server at once and removes its files. May be called more than once. `SIGQUIT`: as in a crash. */
  stop(signal?: 'SIGINT' | 'SIGQUIT'): Promise<void>;
}

/** The folder that holds `initdb` and `postgres`, the newest version first, or undefined when there is none. */
export function findPostgres(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const folders = [...versions(debian).map((version) => join(debian, version, 'bin')), ...pathFolders()];
  return folders.find((folder) => isExecutable(join(folder, 'initdb')) && isExecutable(join(folder, 'postgres')));
}

/**
 * Starts a server on a free port of the loopback address, with its data in a new temporary folder. Durability is off,
 * since its data is for tests, unless `settings` turn it on. As root it runs as the user `postgres`, because the server
 * refuses root. Throws when the server's programs are absent or it ends before it is ready.
 * @param primary URL of the superuser at a server that gets this one as its streaming standby, instead of a new server
 */
export async function startPostgres(settings: Record<string, string> = {}, primary?: string): Promise<PostgresServer> {
  const programs = findPostgres();
  if (!programs) throw new Error('PostgreSQL is not installed: no folder with initdb and postgres was found.');
  const account = await serverAccount();
  const home = mkdtempSync(join(tmpdir(), 'grantkeep-postgres-'));
  const data = join(home, 'data');
  const password = primary ? new URL(primary).password : randomBytes(24).toString('base64url');
  const passwordFile = join(home, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account.uid !== undefined && account.gid !== undefined) {
    chownSync(home, account.uid, account.gid);
    chownSync(passwordFile, account.uid, account.gid);
  }
  const environment: NodeJS.ProcessEnv = { NODE_ENV: 'test', PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
  const options = { ...account, cwd: home, env: environment };
  try {
    if (primary) {
      const copying = ['-D', data, '-d', primary, '--write-recovery-conf', '--checkpoint=fast', '--no-sync'];
      await run(join(programs, 'pg_basebackup'), copying, options);
    } else {
      const making = ['-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8'];
      // Letters beyond ASCII have two cases too, as on a server that people set up.
      const locale = ['--locale=C', ...(process.platform === 'linux' ? ['--lc-ctype=C.UTF-8'] : [])];
      await run(join(programs, 'initdb'), ['-D', data, ...making, ...locale, '--no-sync'], options);
    }
    const port = await freePort();
    const [command, ...leading] = await boundToThisProcess();
    const child = spawn(
      command ?? join(programs, 'postgres'),
      [...leading, ...(command ? [join(programs, 'postgres')] : []), '-D', data, ...settingArguments(port, settings)],
      { ...options, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const remove = () => rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    const endNow = () => {
      child.kill('SIGQUIT');
      remove();
    };
    process.once('exit', endNow);
    const stop = async (signal: NodeJS.Signals = 'SIGINT') => {
      process.removeListener('exit', endNow);
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        child.kill(signal);
        await ended;
      }
      remove();
    };
    try {
      await ready(child);
    } catch (error) {
      await stop();
      throw error;
    }
    return { url: `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`, stop };
  } catch (error) {
    rmSync(home, { recursive: true, force: true });
    throw error;
  }
}

function settingArguments(port: number, more: Record<string, string>): string[] {
  const values = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: '200',
    shared_buffers: '128MB',
    // It comes once a minute, changes plans, and its transactions hold back what the ledger counts as settled.
    autovacuum: 'off',
    timezone: 'UTC',
    ...more,
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Resolves when the server says that it accepts connections; rejects with its last lines when it ends before. */
async function ready(child: ChildProcess): Promise<void> {
  let log = '';
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`PostgreSQL ended with status ${code}:\n${log.slice(-2000)}`)));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-8000);
      if (/ready to accept (?:read-only )?connections/.test(log)) resolve();
    });
  });
}

/** The user of a server that refuses root: the user `postgres`, or our own. */
export async function serverAccount(): Promise<{ uid?: number; gid?: number }> {
  if (process.getuid?.() !== 0) return {};
  const [uid, gid] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/** A command prefix that makes the kernel end the server when this process is killed without a chance to do it. */
export async function boundToThisProcess(): Promise<string[]> {
  const setpriv = pathFolders()
    .map((folder) => join(folder, 'setpriv'))
    .find(isExecutable);
  if (!setpriv) return [];
  const help = await run(setpriv, ['--help']);
  return help.stdout.includes('--pdeathsig') ? [setpriv, '--pdeathsig', 'INT'] : [];
}

/**
 * A free port of the loopback address, below the range from which the kernel gives ports to connections: nothing takes it
 * until its server listens, or while that server restarts.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const probe = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
}

function versions(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d+$/.test(name))
      .sort((a, b) => Number(b) - Number(a));
  } catch {
    return [];
  }
}
