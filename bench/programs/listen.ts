import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Serves on a free port of the loopback address and tells the process that started this one where. */
export function serve(answer: (request: IncomingMessage, response: ServerResponse) => unknown): void {
  const server = createServer(async (request, response) => {
    try {
      await answer(request, response);
    } catch (error) {
      // A caller that gave up while it sent its request must not end the server for all others.
      if (request.complete) throw error;
      response.destroy();
    }
  });
  server.listen(0, '127.0.0.1', () => {
    process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  });
}
