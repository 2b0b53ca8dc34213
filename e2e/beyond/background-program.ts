import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boundToThisProcess, serverAccount } from '#scripts/postgres-server';

/** A daemon in the foreground, with its files in a folder of its own that its user can read. */
export interface BackgroundProgram {
  folder: string;
  /** Writes a file into the folder, for the program's user only, and answers its path. */
  write(name: string, text: string): string;
  /** Starts it, and resolves when it takes connections at the port. Where it does not, all of it is gone again. */
  start(program: string, args: string[], port: number, environment?: Record<string, string>): Promise<void>;
  reload(): void;
  /** What it has written. */
  log(): string;
  close(): Promise<void>;
}

/** Prepares a program that refuses to run as root: as root it runs as the user `postgres`. */
export async function prepareProgram(name: string): Promise<BackgroundProgram> {
  const account = await serverAccount();
  const folder = mkdtempSync(join(tmpdir(), `grantkeep-${name}-`));
  const own = (path: string) => {
    if (account.uid !== undefined && account.gid !== undefined) chownSync(path, account.uid, account.gid);
  };
  own(folder);
  let log = '';
  let child: ReturnType<typeof spawn> | undefined;
  const endNow = () => {
    child?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', endNow);
  const close = async () => {
    process.removeListener('exit', endNow);
    if (child && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  return {
    folder,
    write: (file, text) => {
      const path = join(folder, file);
      writeFileSync(path, text, { mode: 0o600 });
      own(path);
      return path;
    },
    start: async (program, args, port, environment = {}) => {
      const [command = program, ...rest] = [...(await boundToThisProcess()), program, ...args];
      const begun = spawn(command, rest, {
        ...account,
        cwd: folder,
        env: { ...process.env, ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child = begun;
      for (const stream of [begun.stdout, begun.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          log += text;
        });
      }
      const ended = once(begun, 'exit').then(() => Promise.reject(new Error(`${name} ended:\n${log.slice(-2000)}`)));
      ended.catch(() => {});
      try {
        await Promise.race([ended, untilOpen(port)]);
      } catch (error) {
        await close();
        throw error;
      }
    },
    reload: () => void child?.kill('SIGHUP'),
    log: () => log,
    close,
  };
}

async function untilOpen(port: number): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const socket = connect(port, '127.0.0.1');
    const opened = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (opened) return;
    await new Promise((after) => setTimeout(after, 50));
  }
  throw new Error(`Nothing listens on port ${port}.`);
}
