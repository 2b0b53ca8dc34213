import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { wait } from '#tests/random';
import { json, listenOnLoopback } from '#tests/servers/loopback';

/** A refresh token that was taken, and what was issued for it. */
export interface Issue {
  /** Milliseconds since 1970. */
  at: number;
  /** The process that showed the token. */
  process: string;
  shown: string;
  accessToken: string;
  refreshToken: string;
  expiresAt: number;
  /** The connection broke before the answer was written. */
  cut: boolean;
  /** Milliseconds until the answer was written; null where it was not. */
  answeredAfterMs: number | null;
}

/** A grant that ended because a token was shown that had been replaced (RFC 9700 §4.14.2). */
export interface Ending {
  at: number;
  process: string;
  shown: string;
}

/** All that this server knows of one grant. */
export interface Grant {
  name: string;
  issues: Issue[];
  ending: Ending | null;
  /** Refresh tokens that were not replaced: one, unless a forgiven one was used again. */
  live: Set<string>;
  /** Replaced tokens that are still taken, each with the moment until which. */
  forgiven: Map<string, number>;
}

/** A token endpoint that replaces refresh tokens at each use and writes down all that it issued and accepted. */
export interface AuthorizationServer {
  port: number;
  grants: ReadonlyMap<string, Grant>;
  /** Makes a grant and answers its refresh token. */
  grant(name: string): string;
  accepts(refreshToken: string): boolean;
  /** Resolves once it took a token of that process and has not answered yet, or after so many milliseconds. */
  taken(process: string, patienceMs: number): Promise<void>;
  /** Whether an answer to that process is under way, or left within so many milliseconds. */
  isAnswering(process: string, withinMs: number): boolean;
  close(): Promise<void>;
}

export interface ServerOptions {
  random: () => number;
  /** Milliseconds for which a replaced token is still taken, by grant; 0: not at all. */
  leewayMs: (grant: string) => number;
  expiresInSeconds: number;
  /** The longest time between taking a token and answering; the shortest is 5 ms. */
  longestMs: number;
}

const nameIn = (token: string) => token.split('.')[1] ?? '';

/** Takes a refresh token: what replaces it, or null, after which the grant is over. */
export function take(grant: Grant, shown: string, process: string, leewayMs: number): string | null {
  const at = Date.now();
  if (grant.ending) return null;
  const taken = grant.live.has(shown) || (grant.forgiven.get(shown) ?? 0) > at;
  if (!taken) {
    grant.ending = { at, process, shown };
    return null;
  }
  if (grant.live.delete(shown)) grant.forgiven.set(shown, at + leewayMs);
  const next = `rt.${grant.name}.${grant.issues.length + 1}`;
  grant.live.add(next);
  return next;
}

/** Starts one on loopback. Each process asks at a path of its own, `/<process>/token`, so that its calls are known. */
export async function startAuthorizationServer(options: ServerOptions): Promise<AuthorizationServer> {
  const { random, leewayMs, expiresInSeconds, longestMs } = options;
  const grants = new Map<string, Grant>();
  const takes = new EventEmitter();
  /** When each process was answered last; infinite while an answer is under way. */
  const answeredAt = new Map<string, number>();
  const server = createServer(async (request, response) => {
    const arrivedAt = Date.now();
    const [, process = '', path = ''] = /^\/([^/]+)\/(.+)$/.exec(request.url ?? '') ?? [];
    if (path !== 'token') return json(response, 404, {});
    const shown = new URLSearchParams(await text(request)).get('refresh_token') ?? '';
    const grant = grants.get(nameIn(shown));
    const next = grant ? take(grant, shown, process, leewayMs(grant.name)) : null;
    if (!grant || next === null) return json(response, 400, { error: 'invalid_grant' });
    const accessToken = next.replace(/^rt/, 'at');
    const at = Date.now();
    const expiresAt = at + expiresInSeconds * 1000;
    const issue: Issue = {
      at,
      process,
      shown,
      accessToken,
      refreshToken: next,
      expiresAt,
      cut: false,
      answeredAfterMs: null,
    };
    grant.issues.push(issue);
    answeredAt.set(process, Number.POSITIVE_INFINITY);
    takes.emit(process);
    response.once('close', () => {
      answeredAt.set(process, Date.now());
      issue.cut = !response.writableFinished;
      issue.answeredAfterMs = issue.cut ? null : Date.now() - arrivedAt;
    });
    await wait(5 + Math.floor(random() * (longestMs - 5)));
    json(response, 200, {
      access_token: accessToken,
      token_type: 'bearer',
      expires_in: expiresInSeconds,
      refresh_token: next,
    });
  });
  const { port, close } = await listenOnLoopback(server);
  return {
    port,
    grants,
    grant: (name) => {
      const first = `rt.${name}.0`;
      grants.set(name, { name, issues: [], ending: null, live: new Set([first]), forgiven: new Map() });
      return first;
    },
    accepts: (token) => {
      const grant = grants.get(nameIn(token));
      if (!grant || grant.ending) return false;
      return grant.live.has(token) || (grant.forgiven.get(token) ?? 0) > Date.now();
    },
    taken: async (process, patienceMs) => {
      const patience = AbortSignal.timeout(patienceMs);
      await once(takes, process, { signal: patience }).catch(() => {});
    },
    isAnswering: (process, withinMs) => Date.now() - (answeredAt.get(process) ?? 0) <= withinMs,
    close,
  };
}
