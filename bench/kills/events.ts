import { wait } from '#tests/random';
import type { TcpGate } from '#tests/servers/tcp-gate';
import type { AuthorizationServer } from './authorization-server.ts';
import type { DatabasePair } from './database-pair.ts';
import type { Hub, Hubs } from './hubs.ts';

export type Event = 'kill' | 'restart' | 'cut' | 'promotion';
export type Done = Record<Event, number>;

/** What events happen to. */
export interface Victims {
  hubs: Hubs;
  server: AuthorizationServer;
  /** The way to the server. */
  serverGate: TcpGate;
  pair: DatabasePair;
  random: () => number;
}

/** What may happen, and what did. */
export interface Events {
  done: Done;
  /** Kills of a process that had shown a token and had no answer yet, or had got it within the last 50 ms. */
  killsInRefresh: number;
  /** When the way to the server was cut; milliseconds since 1970. */
  serverCuts: number[];
  /** When each event began; milliseconds since 1970. */
  at: [Event, number][];
  /** Processes that did not end as they were told to. */
  endedBadly: string[];
  /** Lets it happen. A cut goes on meanwhile, and what was ended starts again. */
  happen(event: Event): Promise<void>;
  /** Resolves once everything is whole again. */
  over(): Promise<void>;
}

export function eventsOn({ hubs, server, serverGate, pair, random }: Victims): Events {
  const behind: Promise<unknown>[] = [];
  let cutting: Promise<void> = Promise.resolve();
  let promoting: Promise<void> = Promise.resolve();

  const someUp = async (least: number): Promise<Hub> => {
    for (;;) {
      const up = hubs.all.filter((hub) => hub.up);
      const one = up[Math.floor(random() * up.length)];
      if (one && up.length >= least) return one;
      await wait(20);
    }
  };
  const cut = async (turn: number): Promise<void> => {
    const ms = 200 + Math.floor(random() * 4000);
    if (turn % 4 === 3) {
      events.serverCuts.push(Date.now());
      await serverGate.shut();
      await wait(ms);
      return serverGate.open();
    }
    if (turn % 4 === 1) {
      pair.gate.deafen();
      await wait(ms * 3);
      return pair.gate.hear();
    }
    await pair.gate.shut();
    await wait(ms);
    await pair.gate.open();
  };
  const does: Record<Event, () => Promise<void>> = {
    kill: async () => {
      const hub = await someUp(hubs.all.length - 1);
      // Every other one waits for a token to be shown, and meets whatever follows it.
      if (events.done.kill % 2 === 1) await server.taken(hub.name, 500);
      await wait(Math.floor(random() * 100));
      if (server.isAnswering(hub.name, 50)) events.killsInRefresh += 1;
      await hub.kill();
      behind.push(hub.start());
    },
    restart: async () => {
      const hub = await someUp(hubs.all.length);
      const { name } = hub;
      const status = await hub.end();
      if (status !== 0) events.endedBadly.push(`${name}: ended with status ${status} when it was told to end`);
      behind.push(hub.start());
    },
    cut: async () => {
      await Promise.all([cutting, promoting]);
      cutting = cut(events.done.cut);
    },
    promotion: async () => {
      await Promise.all([cutting, promoting]);
      await someUp(hubs.all.length - 1);
      await pair.promote();
      promoting = pair.addStandby();
    },
  };
  const events: Events = {
    done: { kill: 0, restart: 0, cut: 0, promotion: 0 },
    killsInRefresh: 0,
    serverCuts: [],
    at: [],
    endedBadly: [],
    happen: async (event) => {
      events.at.push([event, Date.now()]);
      await does[event]();
      events.done[event] += 1;
    },
    over: async () => void (await Promise.all([cutting, promoting, ...behind])),
  };
  return events;
}
