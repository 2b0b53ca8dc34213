import { generateKeyPair, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { authorizationServer } from '#demo/authorization-server';
import { handleControl } from '#demo/control';
import type { Namesake, ServerParts, TokenHolder } from '#demo/namesake';
import type { ServerStore } from '#demo/store';
import { type Counts, initialCounts, initialSwitches, type Switches } from '#demo/switches';

export interface DemoServer {
  readonly url: string;
  readonly switches: Switches;
  readonly counts: Counts;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly issuer: string;
  /** Puts switches and counts back to where they started. */
  reset: () => void;
  /** Ends grants at the server, as a person does there: all, or those of one subject. Answers how many. */
  withdraw: (subject?: string) => number;
  /** Who holds this live access token, or null. */
  look: (accessToken: string) => Promise<TokenHolder | null>;
  close: () => Promise<void>;
}

export interface DemoServerOptions {
  port: number;
  appUrls: readonly string[];
  store: ServerStore;
  resourceUrl: () => string;
}

/** Starts one namesake on loopback. Port 0 takes a free one. */
export async function startServer(namesake: Namesake, options: DemoServerOptions): Promise<DemoServer> {
  const { store } = options;
  const listener: { current: RequestListener } = { current: (_request, response) => response.writeHead(503).end() };
  const http = await listen(options.port, (request, response) => listener.current(request, response));
  const origin = `http://localhost:${(http.address() as AddressInfo).port}`;
  const keys = await ownKeys(namesake, store);
  const switches = initialSwitches(namesake.switches);
  const counts = initialCounts();
  const redirectUris = options.appUrls.map((url) => new URL(`/oauth/callback/${namesake.id}`, url).href);
  const issuer = origin + namesake.issuerPath;

  function endGrant(grantId: string): void {
    for (const model of ['AccessToken', 'RefreshToken', 'AuthorizationCode']) {
      store.deleteWhere(model, (payload) => payload.grantId === grantId);
    }
    store.delete('Grant', grantId);
    store.delete('GrantNote', grantId);
  }
  function endGrants(subject?: string): number {
    const grants = [...store.list('Grant')].filter(([, row]) => !subject || row.payload.accountId === subject);
    for (const [key] of grants) endGrant(key.slice('Grant:'.length));
    return grants.length;
  }

  const parts: Omit<ServerParts, 'provider'> = {
    store,
    switches,
    counts,
    issuer,
    origin,
    clientId: keys.clientId,
    clientSecret: keys.clientSecret,
    resourceUrl: options.resourceUrl,
    endGrant,
    endGrants,
  };
  const { provider, look } = authorizationServer(namesake, parts, redirectUris, keys.signingKey);
  const answer = provider.callback();
  const reset = () => {
    Object.assign(switches, initialSwitches(namesake.switches));
    Object.assign(counts, initialCounts());
  };
  const withdraw = (subject?: string) => endGrants(subject);
  listener.current = guardHost(origin, (request, response) => {
    if (!handleControl(request, response, { switches, counts, reset, withdraw })) answer(request, response);
  });

  return {
    url: origin,
    switches,
    counts,
    issuer,
    clientId: keys.clientId,
    clientSecret: keys.clientSecret,
    reset,
    withdraw,
    look,
    close: () => closeServer(http),
  };
}

interface OwnKeys {
  clientId: string;
  clientSecret: string;
  signingKey: Record<string, unknown>;
}

/** The client's secret and the signing key, kept in the store so that a second run knows its first. */
async function ownKeys(namesake: Namesake, store: ServerStore): Promise<OwnKeys> {
  const kept = store.get('Keys', 'own');
  if (kept) return kept.payload as unknown as OwnKeys;
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const keys: OwnKeys = {
    clientId: `grantkeep-at-${namesake.id}`,
    clientSecret: randomBytes(32).toString('base64url'),
    signingKey: {
      ...privateKey.export({ format: 'jwk' }),
      alg: 'RS256',
      use: 'sig',
      kid: randomBytes(8).toString('hex'),
    },
  };
  store.set('Keys', 'own', { ...keys });
  return keys;
}

export function listen(port: number, listener: RequestListener): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(listener);
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Refuses requests for another host, so that a page on the web cannot reach the demo by a name of its own. */
export function guardHost(origin: string, listener: RequestListener): RequestListener {
  const { port } = new URL(origin);
  const allowed = new Set([`localhost:${port}`, `127.0.0.1:${port}`]);
  return (request: IncomingMessage, response: ServerResponse) => {
    if (allowed.has(request.headers.host ?? '')) return listener(request, response);
    response.writeHead(421, { 'content-type': 'text/plain' }).end('This server answers to localhost only.\n');
  };
}
