import { type DiscoveredMetadata, type MetadataKind, requestMetadata } from '#lib/oauth/metadata-request';
import { isOAuthError, OAuthError } from '#lib/oauth/oauth-error';
import type { CallFor, OAuthDeps } from '#lib/oauth/types';
import { once } from '#lib/process-parts';
import { runningDeadline } from '#lib/running-time';

interface Entry {
  metadata: DiscoveredMetadata;
  fetchedAt: number;
  /** When it was last asked for, whatever came of it. */
  askedAt: number;
  /** The changes of the last answer that must not be followed silently. */
  fault: OAuthError | null;
}

const lifetimeMs = 3_600_000;
/** While there is an older one, it is asked for so often at most. */
const againMs = 60_000;
/** The first one is waited for by people and by refreshes: all of its places together may take so long. */
const firstMs = 4_000;
/** The most connected servers that are remembered of a record. */
const mostConnected = 1_000;
/**
 * And the most servers that somebody typed and that have no connection, so that typing many evicts no connected server.
 */
const mostTyped = 50;

/** Servers of one record; those used last are at the end. */
interface Memory {
  connected: Map<string, Entry>;
  typed: Map<string, Entry>;
  running: Map<string, Promise<DiscoveredMetadata>>;
  /** When the first one could not be read. */
  failed: Map<string, number>;
}

/** Each record has a memory of its own; keyed by the fetch in use, of which a process has one. */
function memoryOf(deps: Pick<OAuthDeps, 'fetch'>, record: string): Memory {
  const memories = once('oauth.discovery', () => new WeakMap<OAuthDeps['fetch'], Map<string, Memory>>());
  const all = memories.get(deps.fetch) ?? new Map<string, Memory>();
  memories.set(deps.fetch, all);
  const memory = all.get(record) ?? { connected: new Map(), typed: new Map(), running: new Map(), failed: new Map() };
  all.set(record, memory);
  return memory;
}

function keep<T>(all: Map<string, T>, key: string, value: T, most: number): void {
  all.delete(key);
  const [oldest] = all.keys();
  if (all.size >= most && oldest !== undefined) all.delete(oldest);
  all.set(key, value);
}

/** Keeps a server among the connected ones, once it was there or the caller says so; else among the typed ones. */
function remember(memory: Memory, key: string, entry: Entry, typed: boolean): void {
  if (typed && !memory.connected.has(key)) {
    keep(memory.typed, key, entry, mostTyped);
    return;
  }
  memory.typed.delete(key);
  keep(memory.connected, key, entry, mostConnected);
}

const endpoints = [
  ...(['authorization_endpoint', 'token_endpoint', 'jwks_uri', 'userinfo_endpoint'] as const),
  ...(['revocation_endpoint', 'introspection_endpoint', 'pushed_authorization_request_endpoint'] as const),
];

const originOf = (text: string | undefined): string | undefined => URL.parse(text ?? '')?.origin;

/**
 * A server that moves its endpoints to other hosts is not followed silently: a take-over would look like that. Nor is a
 * server that adds an endpoint on a new host, for it would get secret and tokens, too.
 */
function movedIn(before: DiscoveredMetadata, after: DiscoveredMetadata): OAuthError | null {
  const known = new Set([before.issuer, ...endpoints.map((name) => before[name])].map(originOf));
  for (const name of endpoints) {
    const [old, now] = [originOf(before[name]), originOf(after[name])];
    if (now === undefined || (old === undefined ? known.has(now) : old === now)) continue;
    const said = `The ${name} of the metadata ${old === undefined ? 'is new, at' : `moved from ${old} to`} ${now}.`;
    return new OAuthError('discovery_changed', { detail: name, said });
  }
  return null;
}

async function askAgain(entry: Entry, ask: () => Promise<DiscoveredMetadata>, now: () => number): Promise<void> {
  entry.askedAt = now();
  try {
    const metadata = await ask();
    entry.fault = movedIn(entry.metadata, metadata);
    if (!entry.fault) Object.assign(entry, { metadata, fetchedAt: now() });
  } catch {
    // Metadata of an hour ago is better than no sign-in, while the metadata alone is out of reach or wrong.
  }
}

async function askFirst(
  ask: (signal: AbortSignal) => Promise<DiscoveredMetadata>,
  now: () => number,
  keepEntry: (entry: Entry) => void,
): Promise<DiscoveredMetadata> {
  const deadline = runningDeadline(firstMs);
  try {
    const metadata = await ask(deadline.signal);
    keepEntry({ metadata, fetchedAt: now(), askedAt: now(), fault: null });
    return metadata;
  } catch (error) {
    if (!isOAuthError(error) || error.disposition !== 'transient') throw error;
    const detail = deadline.signal.aborted ? 'provider_timeout' : error.code;
    throw new OAuthError('discovery_failed', {
      retryAfterSeconds: error.retryAfterSeconds,
      detail: error.code === 'discovery_failed' && error.cause instanceof Error ? error.cause.message : detail,
    });
  } finally {
    deadline.clear();
  }
}

const keyOf = (caller: CallFor, issuer: string, kind: MetadataKind): string =>
  `${kind} ${issuer} ${caller.tenant_issuer?.template ?? ''}`;

/**
 * Takes over the metadata that an administrator, or another process, took for this server's own. Where this process goes by
 * endpoints at other hosts, or refuses these, it goes by these from now on, and asks the server again at the next call.
 */
export function recallMetadata(
  caller: CallFor & { id: string },
  issuer: string,
  kind: MetadataKind,
  deps: Pick<OAuthDeps, 'fetch'>,
  metadata: DiscoveredMetadata,
): void {
  const memory = memoryOf(deps, caller.id);
  const key = keyOf(caller, issuer, kind);
  const held = memory.connected.get(key);
  if (held && !movedIn(held.metadata, metadata) && !movedIn(metadata, held.metadata)) return;
  remember(memory, key, { metadata, fetchedAt: 0, askedAt: 0, fault: null }, false);
}

/**
 * The metadata of an issuer, kept in memory. After an hour it goes on serving, and the server is asked again beside the
 * calls, once a minute until it answers. Concurrent callers share one request. The first one is waited for, but not long.
 * @param typed where a person named the server, and no connection has it yet
 * @param optional where the record can do without it: one that failed within the last minute is not asked for again
 * @throws OAuthError `discovery_failed` (transient), `discovery_issuer`, `discovery_changed`, or that of the call
 */
export async function discoverMetadata(
  caller: CallFor & { id: string },
  issuer: string,
  kind: MetadataKind,
  deps: OAuthDeps,
  { optional = false, typed = false }: { optional?: boolean; typed?: boolean } = {},
): Promise<DiscoveredMetadata> {
  const memory = memoryOf(deps, caller.id);
  const key = keyOf(caller, issuer, kind);
  const now = () => deps.now().getTime();
  const ask = (signal: AbortSignal | null = null) => requestMetadata(caller, issuer, kind, deps, signal);
  const held = memory.connected.get(key) ?? memory.typed.get(key);
  if (held) {
    remember(memory, key, held, typed);
    const due = now() - held.fetchedAt >= lifetimeMs || held.fault !== null;
    if (due && now() - held.askedAt >= againMs) void askAgain(held, ask, now);
    if (held.fault) throw held.fault;
    return held.metadata;
  }
  const failedAt = memory.failed.get(key);
  if (optional && failedAt !== undefined && now() - failedAt < againMs) {
    throw new OAuthError('discovery_failed', { detail: 'failed_lately' });
  }
  const running = memory.running.get(key) ?? askFirst(ask, now, (entry) => remember(memory, key, entry, typed));
  memory.running.set(key, running);
  try {
    return await running;
  } catch (error) {
    keep(memory.failed, key, now(), mostConnected);
    throw error;
  } finally {
    memory.running.delete(key);
  }
}
