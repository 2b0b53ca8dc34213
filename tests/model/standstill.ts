import type { Fate } from '#tests/model/faulty-database';
import type { Hub, Pending } from '#tests/model/hub';
import type { VirtualTime } from '#tests/model/virtual-time';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Processes in which everything stands still until a step lets it go on, in any order and with any luck. */
export class Standstill {
  readonly hubs: Hub[] = [];
  readonly time: VirtualTime;
  readonly begunAt: number;
  /** What happened last, for who reads why a walk failed. */
  readonly notes: string[] = [];
  /** Something happened that was not looked at yet. */
  changed = false;
  pending: Pending[] = [];
  /** Statements that the database executes whenever a step says so. */
  readonly late: (() => void)[] = [];
  #busy = 0;

  constructor(time: VirtualTime) {
    this.time = time;
    this.begunAt = time.now();
  }

  /** Waits for a step; a process that is dead by then waits for ever. */
  wait(hub: Hub, onItsWay = false): Promise<number> {
    return new Promise((resolve) => {
      if (!hub.alive) return;
      this.pending.push({ hub, onItsWay, go: (luck) => void (hub.alive && resolve(luck)) });
    });
  }

  async whileBusy<T>(work: () => Promise<T>): Promise<T> {
    this.#busy += 1;
    this.changed = true;
    try {
      return await work();
    } finally {
      this.#busy -= 1;
    }
  }

  async fateOf(hub: Hub): Promise<Fate> {
    const luck = await this.wait(hub);
    const fate: 'done' | 'not_sent' | 'answer_lost' | 'late' =
      luck < 84 ? 'done' : luck < 91 ? 'not_sent' : luck < 96 ? 'answer_lost' : 'late';
    if (fate !== 'done') this.note(`${this.nameOf(hub)} has a statement ${fate}`);
    if (fate !== 'late') return fate;
    return { late: new Promise((resolve) => this.late.push(resolve)) };
  }

  /** Lets everything run until all of it stands still. */
  async settle(): Promise<void> {
    for (let idle = 0; idle < 6; idle = this.#busy === 0 ? idle + 1 : 0) await turn();
  }

  note(what: string): void {
    this.notes.push(`${this.time.now() - this.begunAt} ${what}`);
    if (this.notes.length > 80) this.notes.shift();
  }

  nameOf = (hub: Hub): string => `hub ${this.hubs.indexOf(hub)}`;
  hubAt = (which: number): Hub => this.hubs[which % this.hubs.length] as Hub;
  call(hub: Hub, work: () => Promise<unknown>): void {
    if (!hub.alive || hub.stalledSince !== null) return;
    hub.calls += 1;
    work()
      .then(() => this.note(`${this.nameOf(hub)} is done`))
      .catch((error: unknown) => this.note(`${this.nameOf(hub)} is told ${String(error).slice(0, 100)}`))
      .finally(() => {
        hub.calls -= 1;
        this.changed = true;
      });
  }

  /** Lets one of the standing steps go on. */
  release(which: number, luck: number): void {
    const movable = this.pending.filter((one) => one.hub.alive && (one.onItsWay || one.hub.stalledSince === null));
    const chosen = movable[which % Math.max(1, movable.length)];
    if (!chosen) return;
    this.pending = this.pending.filter((one) => one !== chosen && one.hub.alive);
    chosen.go(luck);
  }

  /** A process goes on undisturbed for so many turns, or until it waits for nothing but time. */
  async work(which: number, turns: number): Promise<void> {
    const hub = this.hubAt(which);
    for (let left = turns; left > 0 && hub.alive && hub.stalledSince === null; left--) {
      const next = this.pending.find((one) => one.hub === hub);
      if (!next) return;
      this.pending = this.pending.filter((one) => one !== next);
      next.go(0);
      await this.settle();
    }
  }

  /** The database executes what was given up by its caller. */
  executeLate(): void {
    this.late.shift()?.();
  }

  stall(which: number): void {
    const hub = this.hubAt(which);
    hub.stalledSince ??= this.time.now();
    this.note(`${this.nameOf(hub)} stands still`);
  }

  wake(which: number): void {
    const hub = this.hubAt(which);
    if (hub.stalledSince === null) return;
    hub.stalledMs += this.time.now() - hub.stalledSince;
    hub.stalledSince = null;
    this.note(`${this.nameOf(hub)} goes on`);
  }
}
