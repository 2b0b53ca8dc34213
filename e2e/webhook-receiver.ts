import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedHook {
  headers: Record<string, string>;
  body: string;
}

/** Somebody's receiver of webhooks, on loopback at whatever port is free. It takes everything unless `refuses` is set. */
export interface WebhookReceiver {
  refuses: boolean;
  received: ReceivedHook[];
  /** Host and port, for WEBHOOK_INTERNAL_HOSTS. */
  host: string;
  url: string;
  close(): Promise<void>;
}

/** Starts a receiver of webhooks. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: ReceivedHook[] = [];
  const receiver = { refuses: false };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    received.push({ headers: request.headers as Record<string, string>, body });
    response.writeHead(receiver.refuses ? 503 : 204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return Object.assign(receiver, { received, host, url: `http://${host}/hook`, close });
}
