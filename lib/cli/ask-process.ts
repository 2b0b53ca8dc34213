import { statSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import type { Command } from '#lib/cli/commands';
import type { ControlAnswer } from '#lib/cli/control-socket';
import { controlSocketPath } from '#lib/cli/control-socket-path';

/** The errors of a socket without a listener: no file, or one that a dead process left. */
const nobody = new Set(['ENOENT', 'ECONNREFUSED', 'ENOTSOCK']);

/** A socket in a folder that others may write to may be a neighbour's, who would learn the command and answer it. */
function refuseOpenFolder(dataDir: string): void {
  const folder = statSync(dataDir, { throwIfNoEntry: false });
  if (process.geteuid && folder && (folder.mode & 0o022) !== 0)
    throw new Error(`Others may write to the data folder ${dataDir}. Close it (chmod 700), then repeat the command.`);
}

/** Above the longest bundle of evidence as a text within JSON. */
const longestAnswer = 400 * 1024 * 1024;

/** @throws Error for an answer that is too long, or none of ours: a socket of another program may stand there */
async function readAnswer(response: IncomingMessage): Promise<ControlAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > longestAnswer) throw new Error('The answer of the running process is too long.');
    chunks.push(chunk);
  }
  const answer: unknown = JSON.parse(Buffer.concat(chunks).toString());
  const isOurs =
    typeof answer === 'object' &&
    answer !== null &&
    (('lines' in answer && Array.isArray(answer.lines)) || ('code' in answer && 'message' in answer));
  if (!isOurs) throw new Error('The running process answered something else than a result.');
  return answer as ControlAnswer;
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
    // Checking a large ledger takes its time, and so does evidence of a year, signing very many people out, or counting stored tokens.
    timeout: /^(?:ledger|sessions|vault|import|export|evidence|check)\b/.test(command.command) ? 600_000 : 30_000,
  });
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      asked.once('error', reject);
      asked.once('timeout', () => asked.destroy(new Error('The running process does not answer.')));
      asked.once('response', resolve);
      asked.end(body);
    });
    return readAnswer(response);
  } catch (error) {
    if (error instanceof Error && 'code' in error && nobody.has(String(error.code))) return undefined;
    throw error;
  }
}
