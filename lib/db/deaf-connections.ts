import type { Socket } from 'node:net';
import { afterRunning } from '#lib/running-time';

/**
 * A connection is deaf where its peer takes everything and answers nothing: a firewall that forgot it, a server that
 * stands still, a balancer that lost its server. TCP keep-alive finds a silent network in a quarter of a minute. It
 * does not find a proxy that still acknowledges. All times are milliseconds of running time.
 */

/** How long a new connection may say nothing at all. */
const greetingMs = 4_000;

/** How long a statement is waited for before the server is asked over a new connection. */
const silenceMs = 2_000;

/** How long that may take. Both together are the longest that a statement waits for a database that is deaf. */
export const probeMs = 4_000;

const keepAliveMs = 5_000;

/** How long an answer may be on its way that the server has given. */
const onItsWayMs = 1_000;

export const deafError = (message: string): Error => Object.assign(new Error(message), { code: 'CONNECT_TIMEOUT' });

/** The sockets to one database, of whichever driver. */
export interface DatabaseSockets {
  /** Takes in a socket before it is connected: its peer must say something within four seconds. */
  watch<S extends Socket>(socket: S): S;
  /** Destroys all that were opened before that moment (`performance.now()`); statements that wait on them fail. */
  discardBefore(moment: number): void;
}

/** Keeps track of the sockets to a database. */
export function trackSockets(): DatabaseSockets {
  const born = new Map<Socket, number>();
  return {
    watch: (socket) => {
      born.set(socket, performance.now());
      const greeted = afterRunning(greetingMs, () => {
        if (socket.bytesRead === 0) socket.destroy(deafError('the peer says nothing'));
      });
      socket.once('connect', () => socket.setKeepAlive(true, keepAliveMs));
      socket.once('close', () => {
        greeted();
        born.delete(socket);
      });
      return socket;
    },
    discardBefore: (moment) => {
      for (const [socket, since] of born) if (since < moment) socket.destroy(deafError('the peer went deaf'));
    },
  };
}

/** Finds out whether a database that is silent is deaf. */
export interface Deafness {
  /**
   * Waits for a statement's answer. Where none came after two seconds the server is asked over a new connection which
   * of its sessions are at work. Where it says nothing, every older connection is thrown away; where this statement's
   * session is not at work, `lost` is called. Either makes the statement fail.
   */
  listen<T>(answer: Promise<T>, session: number | undefined, lost: () => void): Promise<T>;
}

/**
 * @param probe asks the server, over a new connection, which of its sessions are at work; null where it cannot be told,
 *   undefined where there is no answer
 */
export function watchForDeafness(
  sockets: DatabaseSockets,
  probe: () => Promise<ReadonlySet<number> | null | undefined>,
): Deafness {
  let probing: ReturnType<typeof probe> | undefined;
  const look = () => {
    const begunAt = performance.now();
    probing ??= probe()
      .then((working) => {
        if (working === undefined) sockets.discardBefore(begunAt);
        return working;
      })
      .finally(() => {
        probing = undefined;
      });
    return probing;
  };
  return {
    listen: (answer, session, lost) => {
      let clear = () => {};
      let over = false;
      const after = (ms: number, act: () => void) => {
        if (!over) clear = afterRunning(ms, act);
      };
      const ask = async (pauseMs: number) => {
        const working = await look();
        if (working === undefined) return lost();
        // An answer of the same breath is on its way.
        if (working && session !== undefined && !working.has(session)) after(onItsWayMs, lost);
        else after(pauseMs, () => void ask(pauseMs * 2));
      };
      after(silenceMs, () => void ask(silenceMs));
      return answer.finally(() => {
        over = true;
        clear();
      });
    },
  };
}
