import type { Runtime } from '#lib/context';

/** A process of the hub. */
export interface Hub {
  runtime: Runtime;
  alive: boolean;
  stalledSince: number | null;
  stalledMs: number;
  /** Calls that were made and are not over. */
  calls: number;
  /** Refresh tokens that the server issued to it, each with the moment. */
  issued: Map<string, number>;
  /** It noticed a promotion and has not put back yet what it stored. */
  owesPutBack: boolean;
}

/** Something that stands still until a step lets it go on; `luck` is 0 to 99, and the higher the worse. */
export interface Pending {
  hub: Hub;
  /** On the way already: it goes on although its process stands still. */
  onItsWay: boolean;
  go(luck: number): void;
}

/** True where something of it may still store what it was given. */
export const isAtWork = (hub: Hub): boolean => hub.calls > 0 || hub.runtime.background.size > 0 || hub.owesPutBack;

export const newHub = (runtime: Runtime): Hub => ({
  ...{ runtime, alive: true, stalledSince: null, stalledMs: 0, calls: 0, owesPutBack: false },
  issued: new Map(),
});
