import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import { join } from 'node:path';
import type { Namesake } from '#demo/namesake';
import { auth0 } from '#demo/namesakes/auth0';
import { demo } from '#demo/namesakes/demo';
import { github } from '#demo/namesakes/github';
import { google } from '#demo/namesakes/google';
import { okta } from '#demo/namesakes/okta';
import { salesforce } from '#demo/namesakes/salesforce';
import { type ProviderRecordInput, providerRecord } from '#demo/records';
import { startResource } from '#demo/resource';
import { closeServer, type DemoServer, startServer } from '#demo/server';
import { DemoStore } from '#demo/store';
import { type DemoProviderId, demoProviderIds } from '#demo/switches';

export type { ProviderRecordInput } from '#demo/records';
export type { DemoServer } from '#demo/server';
export type { Counts, DemoProviderId, Switches } from '#demo/switches';

export const namesakes: Readonly<Record<DemoProviderId, Namesake>> = { demo, google, github, salesforce, okta, auth0 };

export interface DemoOptions {
  /** Port 0, or none, takes a free one. */
  ports?: Partial<Record<DemoProviderId | 'resource', number>>;
  /** Where the app runs; its redirect URIs are `/oauth/callback/{id}` there. */
  appUrl: string | string[];
  only?: readonly DemoProviderId[];
  /** Keeps grants, clients and keys in `demo-state.json` there; null or none keeps nothing. */
  dataDir?: string | null;
}

export interface Demo {
  providers: ProviderRecordInput[];
  resourceUrl: string;
  /** Throws a RangeError for a server that was not started. */
  server: (id: DemoProviderId) => DemoServer;
  /** What a program shows to the servers' `/__demo`. */
  controlSecret: string;
  close: () => Promise<void>;
}

/** Starts the demo's authorization servers and its resource API on loopback. */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { ports = {}, only = demoProviderIds, dataDir = null } = options;
  const appUrls = [options.appUrl].flat();
  const store = new DemoStore(dataDir ? join(dataDir, 'demo-state.json') : null);
  const controlSecret = randomBytes(32).toString('base64url');
  const servers = new Map<DemoProviderId, DemoServer>();
  const resource: { url: string; http?: Server } = { url: '' };

  async function close(): Promise<void> {
    await Promise.all([...servers.values()].map((server) => server.close()));
    if (resource.http) await closeServer(resource.http);
    store.close();
  }

  try {
    Object.assign(resource, await startResource(ports.resource ?? 0, servers));
    await Promise.all(
      only.map(async (id) => {
        const port = ports[id] ?? 0;
        const parts = { port, appUrls, controlSecret, store: store.section(id), resourceUrl: () => resource.url };
        servers.set(id, await startServer(namesakes[id], parts));
      }),
    );
  } catch (error) {
    await close();
    throw error;
  }

  const server = (id: DemoProviderId) => {
    const found = servers.get(id);
    if (!found) throw new RangeError(`The demo server ${id} was not started.`);
    return found;
  };
  const providers = only.map((id) => providerRecord(namesakes[id], server(id)));
  return { providers, resourceUrl: resource.url, server, controlSecret, close };
}
