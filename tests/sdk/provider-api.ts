import { createServer } from 'node:http';
import { listenOnLoopback } from '#tests/servers/loopback';

/** Answers at the addresses of providers' own APIs with what the demo's resources answer there. */
export async function providerApi(resources: Readonly<Record<string, () => string>>) {
  const server = createServer((request, response) => {
    const resource = resources[request.url?.split('?')[0] ?? ''];
    if (!resource) return void response.writeHead(404).end();
    const { authorization = '' } = request.headers;
    fetch(resource(), { headers: { authorization, connection: 'close' } }).then(
      async (answer) => {
        const type = answer.headers.get('content-type') ?? 'text/plain';
        response.writeHead(answer.status, { 'content-type': type });
        response.end(await answer.text());
      },
      () => response.destroy(),
    );
  });
  const { port, close } = await listenOnLoopback(server);
  return { url: `http://127.0.0.1:${port}`, close };
}
