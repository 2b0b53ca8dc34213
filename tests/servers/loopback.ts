import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that answers, and how to end it with every connection that is still open. */
export interface Listening {
  port: number;
  close(): Promise<void>;
}

/** Lets a server listen on loopback: at a free port, unless it is to come back at the one it had. */
export async function listenOnLoopback(server: Server, { host = '127.0.0.1', port = 0 } = {}): Promise<Listening> {
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Answers JSON. */
export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
