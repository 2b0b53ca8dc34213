import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { oktaError } from '#demo/namesakes/okta-errors';
import { type DemoServer, guardHost, listen } from '#demo/server';
import type { DemoProviderId } from '#demo/switches';

type Servers = ReadonlyMap<DemoProviderId, DemoServer>;

/** What a refused call looks like at each provider's API. */
function refusal(provider: string | undefined): { status: number; body: unknown; challenge: string } {
  const challenge = 'Bearer error="invalid_token"';
  if (provider === 'github') return { status: 401, body: { message: 'Bad credentials', status: '401' }, challenge };
  if (provider === 'salesforce') {
    const body = [{ message: 'Session expired or invalid', errorCode: 'INVALID_SESSION_ID' }];
    return { status: 401, body, challenge };
  }
  if (provider === 'okta') return { status: 401, body: oktaError('E0000011'), challenge };
  return { status: 401, body: { error: 'invalid_token' }, challenge };
}

/** `GET /me` and `GET /{provider}/me`: who a live access token of the demo's servers belongs to; else 401. */
export async function startResource(port: number, servers: Servers): Promise<{ url: string; http: Server }> {
  let origin = '';
  const http = await listen(port, (request, response) => {
    guardHost(origin, (guarded, answer) => void respond(guarded, answer, servers))(request, response);
  });
  origin = `http://localhost:${(http.address() as AddressInfo).port}`;
  return { url: origin, http };
}

async function respond(request: IncomingMessage, response: ServerResponse, servers: Servers): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const match = /^(?:\/(\w+))?\/me$/.exec(pathname);
  const named = match?.[1] as DemoProviderId | undefined;
  const asked = named ? [named] : [...servers.keys()];
  if (request.method !== 'GET' || !match || (named && !servers.has(named))) {
    return send(response, 404, { error: 'not_found' });
  }
  const [scheme, token] = (request.headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() === 'bearer' && token) {
    for (const provider of asked) {
      const holder = await servers.get(provider)?.look(token);
      if (!holder) continue;
      const { subject, name, email, scopes } = holder;
      return send(response, 200, { provider, account: { subject, name, email }, scopes });
    }
  }
  const { status, body, challenge } = refusal(named);
  send(response, status, body, { 'www-authenticate': challenge });
}

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers });
  response.end(JSON.stringify(body));
}
