import { generateKeyPair, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { authorizationServer } from '#demo/authorization-server';
import { handleControl } from '#demo/control';
import { Grants } from '#demo/grants';
import type { Namesake, ServerParts, TokenHolder } from '#demo/namesake';
import { personFrom } from '#demo/people';
import { clientMetadata } from '#demo/provider-configuration';
import { ScopedSwitches, type Target } from '#demo/scoped-switches';
import type { ServerStore } from '#demo/store';
import { type Counts, initialCounts, type Switches } from '#demo/switches';

export interface DemoServer {
  readonly url: string;
  /** The switches of everybody; `switchFor` sets those of one person or client. */
  readonly switches: Switches;
  readonly counts: Counts;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly issuer: string;
  /** Sets switches for a target, and answers all that it meets then. */
  switchFor: (target: Target, switches: Partial<Switches>) => Switches;
  /** Puts all switches and counts back to where they started, or forgets the switches of one target. */
  reset: (target?: Target) => void;
  /** Ends grants at the server, as a person does there: all, or those of one subject. Answers how many. */
  withdraw: (subject?: string) => number;
  readonly grants: Grants;
  /** The subject that somebody has here: a name, an e-mail address, or the subject itself. Null for empty text. */
  subjectOf: (person: string) => string | null;
  /** Registers one more client, and answers its secret. */
  addClient: (clientId: string, redirectUris: readonly string[]) => string;
  /** Who holds this live access token, or null. */
  look: (accessToken: string) => Promise<TokenHolder | null>;
  close: () => Promise<void>;
}

export interface DemoServerOptions {
  port: number;
  appUrls: readonly string[];
  store: ServerStore;
  resourceUrl: () => string;
  /** What a program shows that uses `/__demo`. */
  controlSecret: string;
}

/** Starts one namesake on loopback. Port 0 takes a free one. */
export async function startServer(namesake: Namesake, options: DemoServerOptions): Promise<DemoServer> {
  const { store } = options;
  const listener: { current: RequestListener } = { current: (_request, response) => response.writeHead(503).end() };
  const http = await listen(options.port, (request, response) => listener.current(request, response));
  const origin = `http://localhost:${(http.address() as AddressInfo).port}`;
  const keys = await ownKeys(namesake, store);
  const switches = new ScopedSwitches(namesake.switches);
  const grants = new Grants(store);
  const counts = initialCounts();
  const redirectUris = options.appUrls.map((url) => new URL(`/oauth/callback/${namesake.id}`, url).href);
  const issuer = origin + namesake.issuerPath;

  const secretOf = (clientId: string) => {
    const added = store.get('Client', clientId)?.payload.client_secret;
    return clientId === keys.clientId ? keys.clientSecret : typeof added === 'string' ? added : undefined;
  };
  const subjectOf = (person: string) => {
    if (store.get('Person', person)) return person;
    const named = personFrom(person, namesake.people);
    return named && namesake.subject(named.login, issuer);
  };
  const addClient = (clientId: string, own: readonly string[]) => {
    const secret = randomBytes(32).toString('base64url');
    store.set('Client', clientId, { ...clientMetadata(namesake, own), client_id: clientId, client_secret: secret });
    return secret;
  };

  const parts: Omit<ServerParts, 'provider'> = {
    store,
    switches,
    counts,
    issuer,
    origin,
    clientId: keys.clientId,
    clientSecret: keys.clientSecret,
    resourceUrl: options.resourceUrl,
    secretOf,
    endGrant: (grant) => void grants.end({ grant }),
    endGrants: (target) => grants.end(target),
  };
  const { provider, look } = authorizationServer(namesake, parts, redirectUris, keys.signingKey);
  const answer = provider.callback();
  const server: DemoServer = {
    url: origin,
    switches: switches.all,
    switchFor: (target, input) => switches.set(target, { ...input }),
    counts,
    grants,
    subjectOf,
    addClient,
    issuer,
    clientId: keys.clientId,
    clientSecret: keys.clientSecret,
    reset: (target) => {
      switches.reset(target);
      if (!target) Object.assign(counts, initialCounts());
    },
    withdraw: (subject) => grants.end({ subject }),
    look,
    close: () => closeServer(http),
  };
  listener.current = guardHost(origin, (request, response) => {
    if (!handleControl(request, response, server, options.controlSecret)) answer(request, response);
  });
  return server;
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
