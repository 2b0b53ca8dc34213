import type { IncomingMessage, ServerResponse } from 'node:http';
import { readText } from '#demo/form';
import { type Counts, type Switches, setSwitches } from '#demo/switches';

export interface Controls {
  switches: Switches;
  counts: Counts;
  reset: () => void;
  withdraw: (subject?: string) => number;
}

/** `/__demo/*`: switches and counts for tests in another process. False for every other path. */
export function handleControl(request: IncomingMessage, response: ServerResponse, controls: Controls): boolean {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  if (!path.startsWith('/__demo/')) return false;
  void control(path, request, controls)
    .catch((error: unknown) => [400, { error: error instanceof Error ? error.message : 'bad request' }] as const)
    .then(([status, body]) => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(JSON.stringify(body));
    });
  return true;
}

async function control(
  path: string,
  request: IncomingMessage,
  { switches, counts, reset, withdraw }: Controls,
): Promise<readonly [status: number, body: unknown]> {
  // A browser names its page's origin on every cross-site POST: only programs use these.
  if (request.headers.origin !== undefined) return [403, { error: 'not for pages' }];
  const call = `${request.method} ${path.slice('/__demo/'.length)}`;
  switch (call) {
    case 'GET counts':
      return [200, counts];
    case 'GET switches':
      return [200, switches];
    case 'POST switches':
      setSwitches(switches, JSON.parse(await readText(request)) as Record<string, unknown>);
      return [200, switches];
    case 'POST reset':
      reset();
      return [200, switches];
    case 'POST withdraw': {
      const { subject } = JSON.parse((await readText(request)) || '{}') as { subject?: string };
      return [200, { ended: withdraw(subject) }];
    }
    default:
      return [404, { error: 'not found' }];
  }
}
