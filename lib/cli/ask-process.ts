import { statSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';
import type { Command } from '#lib/cli/commands';
import { type ControlAnswer, controlSocketPath } from '#lib/cli/control-socket';

/** The errors of a socket without a listener: no file, or one that a dead process left. */
const nobody = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK']);

/** A socket in a folder that others may write to may be a neighbour's, who would learn the command and answer it. */
function refuseOpenFolder(dataDir: string): void {
  const folder = statSync(dataDir, { throwIfNoEntry: false });
  if (process.geteuid && folder && (folder.mode & 0o022) !== 0)
    throw new Error(`Others may write to the data folder ${dataDir}. Close it (chmod 700), then repeat the command.`);
}

/** Asks the process that has the data folder open. Undefined where none is running. */
export async function askProcess(dataDir: string, command: Command): Promise<ControlAnswer | undefined> {
  refuseOpenFolder(dataDir);
  const body = JSON.stringify(command);
  const asked = request({
    socketPath: controlSocketPath(dataDir),
    path: '/command',
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    // Checking a large ledger takes its time, and so does signing very many people out.
    timeout: /^(ledger|sessions) /.test(command.command) ? 600_000 : 30_000,
  });
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      asked.once('error', reject);
      asked.once('timeout', () => asked.destroy(new Error('The running process does not answer.')));
      asked.once('response', resolve);
      asked.end(body);
    });
    return (await json(response)) as ControlAnswer;
  } catch (error) {
    if (error instanceof Error && 'code' in error && nobody.has(String(error.code))) return undefined;
    throw error;
  }
}
