import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { commandSchema, runCommand } from '#lib/cli/commands';
import { controlSocketPath } from '#lib/cli/control-socket-path';
import { type Runtime, systemContext } from '#lib/context';
import { toAppError } from '#lib/errors';
import { parseInput } from '#lib/parse-input';

/** Answer of the running process: lines to print, or what to say on standard error. */
export type ControlAnswer =
  | { ok: true; lines: Record<string, unknown>[] }
  | { ok: false; code: string; message: string; issues?: readonly { path: string; message: string }[] };

const largestBody = 64 * 1024;
/** Bytes that every system's socket addresses can hold (104 on macOS, 108 on Linux, with the final zero). */
const longestPath = 103;

async function answer(runtime: Runtime, request: IncomingMessage): Promise<ControlAnswer> {
  try {
    const command = parseInput(commandSchema, await json(request));
    return { ok: true, lines: await runCommand(systemContext(runtime, 'cli'), command) };
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.status >= 500) runtime.log.error({ event: 'control_failed', err: error.cause });
    const { code, message, issues } = error;
    return { ok: false, code, message, ...(issues ? { issues } : {}) };
  }
}

/**
 * Lets the command line ask this process, which alone has the embedded database open. Only this process's own user may
 * open the socket file (mode 0600, in a folder of mode 0700). With PostgreSQL there is none: undefined.
 */
export async function startControlSocket(runtime: Runtime): Promise<{ close(): Promise<void> } | undefined> {
  if (runtime.database.engine !== 'pglite') return undefined;
  const path = controlSocketPath(runtime.config.dataDir);
  if (Buffer.byteLength(path) > longestPath) {
    runtime.log.warn({
      event: 'control_socket_absent',
      reason: 'the path of the data folder is too long for a socket',
    });
    return undefined;
  }
  const server = createServer({ requestTimeout: 10_000 }, async (request, response) => {
    const length = Number(request.headers['content-length'] ?? Number.NaN);
    const acceptable = request.method === 'POST' && request.url === '/command' && length <= largestBody;
    const result: ControlAnswer = acceptable
      ? await answer(runtime, request)
      : { ok: false, code: 'invalid_request', message: 'This is not a command.' };
    response.writeHead(result.ok ? 200 : 400, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify(result));
  });
  // We hold the folder's lock, so a socket file that is there was left by a process that is gone.
  rmSync(path, { force: true });
  const before = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
    chmodSync(path, 0o600);
  } finally {
    process.umask(before);
  }
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}
