import { PGlite } from '@electric-sql/pglite';
import { sql } from 'drizzle-orm';
import { putBackRecent } from '#lib/connections/recent-answers';
import { refreshConnection } from '#lib/connections/refresh';
import { refreshDueConnections } from '#lib/connections/refresh-due';
import { refreshTokenPlace, type SealedRow } from '#lib/connections/tokens-at-rest';
import { type Runtime, systemContext } from '#lib/context';
import { migrateEmbedded } from '#lib/db/migrate';
import { pgliteOptions, wrapPglite } from '#lib/db/open';
import { instance } from '#lib/db/schema/instance';
import { record } from '#lib/ledger/record';
import { createLogger } from '#lib/log';
import type { GuardedInit } from '#lib/outbound/guarded-fetch';
import { OutboundError } from '#lib/outbound/outbound-error';
import { addConnection, addPerson, createRuntime, plainRecord } from '#tests/hub';
import { AuthorizationServer, type Family } from '#tests/model/authorization-server';
import { type Fate, faultyDatabase } from '#tests/model/faulty-database';
import type { VirtualTime } from '#tests/model/virtual-time';

/** Milliseconds of running time that the guarded fetch gives an exchange. */
const exchangeMs = 10_000;
/** How long a network may keep what was written and deliver it still. */
const networkMs = 60_000;
/** How long a holder may be cut off before others may show the token that it spent. */
const spendingMs = 180_000;
/** How long nothing is spent after a promotion. */
const settlingMs = 10_000;

const silent = createLogger({ level: 'silent', pretty: false });

/** A process of the hub. */
interface Hub {
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
interface Pending {
  hub: Hub;
  /** On the way already: it goes on although its process stands still. */
  onItsWay: boolean;
  go(luck: number): void;
}

/** What a connection's row says of it. */
interface Row {
  id: string;
  status: string;
  statusReason: string | null;
  token: string;
}

interface Connection {
  id: string;
  name: string;
  /** Its newest token was lost in a way that no process can help. */
  excused: boolean;
}

/** A database that all worlds of a process share; making one takes seconds. */
export async function openWorldDatabase() {
  const database = wrapPglite(await PGlite.create(pgliteOptions));
  await migrateEmbedded(database);
  return database;
}
type WorldDatabase = Awaited<ReturnType<typeof openWorldDatabase>>;

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** What the model found to be wrong. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

/**
 * Hubs on one database before one authorization server, in which everything that goes from one to the other stands still
 * until a step lets it go on, in any order and with any luck.
 */
export class World {
  readonly server: AuthorizationServer;
  readonly hubs: Hub[] = [];
  readonly connections: Connection[] = [];
  readonly #database: WorldDatabase;
  readonly #own: Runtime;
  readonly #time: VirtualTime;
  readonly #late: (() => void)[] = [];
  #pending: Pending[] = [];
  readonly #begunAt: number;
  #busy = 0;
  #snapshotAt: number | null = null;
  #promotedAt: number | null = null;

  private constructor(database: WorldDatabase, time: VirtualTime, leewaySeconds: number) {
    this.#database = database;
    this.#time = time;
    this.#begunAt = time.now();
    this.server = new AuthorizationServer(leewaySeconds, () => time.now());
    this.#own = createRuntime(database, [plainRecord('https://as.example')], { log: silent });
  }

  static async create(
    database: WorldDatabase,
    time: VirtualTime,
    size: { hubs: number; connections: number; leewaySeconds: number },
  ): Promise<World> {
    const world = new World(database, time, size.leewaySeconds);
    for (const table of ['revocations', 'connection_uses', 'connections', 'instance']) {
      await database.db.execute(sql.raw(`delete from ${table}`));
    }
    await database.db.execute(sql`drop table if exists snapshot`);
    await database.db.insert(instance).values({ id: 'hub_model', mark: new Date(time.now()), writtenBy: 0n });
    const { id: personId } = await addPerson(world.#own);
    for (let n = 0; n < size.connections; n++) {
      const name = `c${n}`;
      const refreshToken = world.server.grant(name);
      const given = { personId, refreshToken, subject: name, lastUsedAt: new Date(time.now()) };
      world.connections.push({ id: await addConnection(world.#own, given), name, excused: false });
    }
    for (let n = 0; n < size.hubs; n++) world.#start();
    return world;
  }

  // — What stands still, and what lets it go on —

  /** Waits for a step; a process that is dead by then waits for ever. */
  #wait(hub: Hub, onItsWay = false): Promise<number> {
    return new Promise((resolve) => {
      if (!hub.alive) return;
      this.#pending.push({ hub, onItsWay, go: (luck) => void (hub.alive && resolve(luck)) });
    });
  }

  async #whileBusy<T>(work: () => Promise<T>): Promise<T> {
    this.#busy += 1;
    try {
      return await work();
    } finally {
      this.#busy -= 1;
    }
  }

  async #fateOf(hub: Hub): Promise<Fate> {
    const luck = await this.#wait(hub);
    const fate: 'done' | 'not_sent' | 'answer_lost' | 'late' =
      luck < 84 ? 'done' : luck < 91 ? 'not_sent' : luck < 96 ? 'answer_lost' : 'late';
    if (fate !== 'done') this.#note(`${this.#nameOf(hub)} has a statement ${fate}`);
    if (fate !== 'late') return fate;
    return { late: new Promise((resolve) => this.#late.push(resolve)) };
  }

  #running(hub: Hub): number {
    const stalled = hub.stalledSince === null ? 0 : this.#time.now() - hub.stalledSince;
    return this.#time.now() - hub.stalledMs - stalled;
  }

  /** The way to the token endpoint and back, as the guarded fetch takes it. */
  async #exchange(hub: Hub, init: GuardedInit | undefined): Promise<Response> {
    const late = () => new OutboundError('outbound_timeout', 'as.example');
    const begunAt = this.#running(hub);
    const isOver = () => this.#running(hub) - begunAt > exchangeMs;
    const connecting = await this.#wait(hub);
    if (connecting > 92 || isOver()) throw new OutboundError('outbound_failed', 'as.example', 'ECONNREFUSED');
    init?.beforeSend?.();
    const writtenAt = this.#time.now();
    this.#note(`${this.#nameOf(hub)} writes ${new URLSearchParams(String(init?.body)).get('refresh_token')}`);
    const underWay = await this.#wait(hub, true);
    this.#note(`${this.#nameOf(hub)}: what was written ${writtenAt - this.#begunAt} arrives`);
    if (underWay > 92 || isOver() || this.#time.now() - writtenAt > networkMs) throw late();
    const shown = new URLSearchParams(String(init?.body)).get('refresh_token') ?? '';
    const connection = this.#connectionOf(shown);
    this.#expectUnspent(connection, shown);
    const next = this.server.refresh(shown);
    if (next !== null) hub.issued.set(next, this.#time.now());
    this.#note(`${this.#nameOf(hub)} shows ${shown}: ${next ?? 'refused'}`);
    const back = await this.#wait(hub);
    if (back > 92 || isOver()) {
      if (next !== null) this.#excuse(connection, 'its answer was lost on the way');
      throw late();
    }
    const body = next === null ? { error: 'invalid_grant' } : { access_token: `at.${next}`, refresh_token: next };
    return Response.json(next === null ? body : { ...body, token_type: 'bearer', expires_in: 3600 }, {
      status: next === null ? 400 : 200,
    });
  }

  /** Lets everything run until all of it stands still. */
  async settle(): Promise<void> {
    for (let idle = 0; idle < 6; idle = this.#busy === 0 ? idle + 1 : 0) await turn();
  }

  // — Steps —

  #start(at = this.hubs.length): void {
    const hub: Hub = {
      runtime: this.#own,
      alive: true,
      stalledSince: null,
      stalledMs: 0,
      calls: 0,
      issued: new Map(),
      owesPutBack: false,
    };
    const database = faultyDatabase(
      this.#database,
      () => this.#fateOf(hub),
      (work) => this.#whileBusy(work),
    );
    const fetch: typeof globalThis.fetch = (_input, init) => this.#exchange(hub, init as GuardedInit);
    const { vault } = this.#own;
    hub.runtime = createRuntime(database, [plainRecord('https://as.example')], { log: silent, vault, fetch });
    this.hubs[at] = hub;
  }

  #call(hub: Hub, work: () => Promise<unknown>): void {
    if (!hub.alive || hub.stalledSince !== null) return;
    hub.calls += 1;
    work()
      .then(() => this.#note(`${this.#nameOf(hub)} is done`))
      .catch((error: unknown) => this.#note(`${this.#nameOf(hub)} is told ${String(error).slice(0, 100)}`))
      .finally(() => {
        hub.calls -= 1;
      });
  }

  refresh(hub: number, connection: number): void {
    const asking = this.hubAt(hub);
    const { id } = this.connectionAt(connection);
    this.#call(asking, () => refreshConnection(systemContext(asking.runtime, 'model'), { id, force: true }));
  }

  refreshDue(hub: number): void {
    const asking = this.hubAt(hub);
    this.#call(asking, () => refreshDueConnections(systemContext(asking.runtime, 'model')));
  }

  /** Lets one of those that stand still go on. */
  release(which: number, luck: number): void {
    const movable = this.#pending.filter((one) => one.hub.alive && (one.onItsWay || one.hub.stalledSince === null));
    const chosen = movable[which % Math.max(1, movable.length)];
    if (!chosen) return;
    this.#pending = this.#pending.filter((one) => one !== chosen && one.hub.alive);
    chosen.go(luck);
  }

  /** A process goes on undisturbed until it waits for nothing but time. */
  async work(which: number): Promise<void> {
    const hub = this.hubAt(which);
    for (let turns = 0; turns < 200 && hub.alive && hub.stalledSince === null; turns++) {
      const next = this.#pending.find((one) => one.hub === hub);
      if (!next) return;
      this.#pending = this.#pending.filter((one) => one !== next);
      next.go(0);
      await this.settle();
    }
  }

  /** The database executes what was given up by its caller. */
  executeLate(): void {
    this.#late.shift()?.();
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 5000) {
      this.#time.pass(Math.min(left, 5000));
      await this.settle();
      if (this.#promotedAt !== null && this.#time.now() - this.#promotedAt >= settlingMs) {
        // Who did not put back by now was cut off or stood still.
        for (const hub of this.hubs) hub.owesPutBack &&= !(await this.#excuseUnstored(() => false));
        this.#promotedAt = null;
      }
    }
  }

  stall(which: number): void {
    const hub = this.hubAt(which);
    hub.stalledSince ??= this.#time.now();
    this.#note(`${this.#nameOf(hub)} stands still`);
  }

  wake(which: number): void {
    const hub = this.hubAt(which);
    if (hub.stalledSince === null) return;
    hub.stalledMs += this.#time.now() - hub.stalledSince;
    hub.stalledSince = null;
    this.#note(`${this.#nameOf(hub)} goes on`);
  }

  async kill(which: number): Promise<void> {
    const at = which % this.hubs.length;
    this.hubAt(at).alive = false;
    this.#note(`hub ${at} is killed`);
    await this.#excuseUnstored((hub) => hub.alive);
    this.#start(at);
  }

  /** Somebody else uses a connection's newest token. */
  steal(which: number): void {
    const family = this.server.family(this.connectionAt(which).name);
    family.thief = true;
    this.server.refresh([...family.live].at(-1) ?? '');
    this.#note(`a thief uses the token of ${this.connectionAt(which).name}`);
  }

  /** From now on the standby gets nothing more. */
  async fallBehind(): Promise<void> {
    await this.#database.db.execute(sql`drop table if exists snapshot`);
    await this.#database.db.execute(sql`create table snapshot as select * from connections`);
    this.#snapshotAt = this.#time.now();
    this.#note('the standby falls behind');
  }

  /** The standby takes over: every connection is cut, and what it did not have is gone. */
  async promote(): Promise<void> {
    if (this.#snapshotAt === null || this.#time.now() - this.#snapshotAt > 60_000) return;
    this.#snapshotAt = null;
    this.#late.length = 0;
    const { db } = this.#database;
    const columns = sql.raw(
      [
        ...['access_token', 'access_token_issued_at', 'access_token_expires_at', 'refresh_token', 'generation'],
        ...['refresh_token_expires_at', 'lease_owner', 'lease_expires_at', 'status', 'status_reason'],
        ...['last_refresh_error', 'refresh_failures', 'next_refresh_attempt_at', 'last_refreshed_at'],
      ]
        .map((name) => `${name} = snapshot.${name}`)
        .join(', '),
    );
    await db.execute(sql`update connections set ${columns} from snapshot where snapshot.id = connections.id`);
    await db.execute(sql`drop table snapshot`);
    await db.update(instance).set({ promotedAt: sql`clock_timestamp()` });
    await record(db, systemContext(this.#own, 'restore-guard'), { action: 'instance.promoted', details: {} });
    this.#promotedAt = this.#time.now();
    this.#note('the standby takes over');
    for (const hub of this.hubs) hub.owesPutBack = hub.alive;
    await this.#excuseUnstored((hub) => hub.alive);
    // A statement that was under way ends with its connection.
    const cut = this.#pending;
    this.#pending = [];
    for (const { hub, onItsWay, go } of cut)
      if (hub.stalledSince === null) go(85);
      else this.#pending.push({ hub, onItsWay, go: () => go(85) });
  }

  /** Each process looks for a promotion every three seconds. */
  notice(which: number): void {
    const hub = this.hubAt(which);
    if (!hub.owesPutBack) return;
    this.#call(hub, async () => {
      await putBackRecent(systemContext(hub.runtime, 'model'));
      hub.owesPutBack = false;
    });
  }

  // — What must hold —

  readonly #notes: string[] = [];

  /** Notes what happened, for who reads why a walk failed. */
  #note(what: string): void {
    this.#notes.push(`${this.#time.now() - this.#begunAt} ${what}`);
    if (this.#notes.length > 80) this.#notes.shift();
  }

  #nameOf(hub: Hub): string {
    return `hub ${this.hubs.indexOf(hub)}`;
  }

  #excuse(connection: Connection, why: string): void {
    if (!connection.excused) this.#note(`${connection.name} is excused: ${why}`);
    connection.excused = true;
  }

  hubAt(which: number): Hub {
    return this.hubs[which % this.hubs.length] as Hub;
  }

  connectionAt(which: number): Connection {
    return this.connections[which % this.connections.length] as Connection;
  }

  #connectionOf(token: string): Connection {
    const found = this.connections.find(({ name }) => name === token.split('.')[1]);
    if (!found) throw new Broken(`a token that nobody issued was shown: ${token}`);
    return found;
  }

  /** The process that has, or will have stored, the newest token. */
  #ownerOf({ live }: Family, counts: (hub: Hub) => boolean): Hub | undefined {
    const owns = (hub: Hub) => hub.calls > 0 || hub.runtime.background.size > 0 || hub.owesPutBack;
    return this.hubs.find((hub) => counts(hub) && owns(hub) && [...live].some((token) => hub.issued.has(token)));
  }

  /** Excuses connections whose newest token is in no row and with nobody. */
  async #excuseUnstored(counts: (hub: Hub) => boolean): Promise<boolean> {
    for (const { connection, token } of await this.#rows()) {
      const family = this.server.family(connection.name);
      if (!family.alive || this.#ownerOf(family, counts)) continue;
      if (!family.live.has(token)) this.#excuse(connection, 'nobody has it');
    }
    return true;
  }

  /** The rows of the world's connections, with their refresh tokens opened. */
  async #rows(): Promise<(Row & { connection: Connection })[]> {
    const { rows } = await this.#database.pglite.query<Row & SealedRow & { refresh_token: string | null }>(
      `select id, provider, issuer, account_params as "accountParams", generation, status, status_reason as "statusReason",
        refresh_token from connections`,
    );
    return this.connections.map((connection) => {
      const row = rows.find(({ id }) => id === connection.id);
      if (!row) throw new Broken('the row is gone');
      const token = this.#open(row, row.refresh_token);
      if (!this.#storedAt.has(token)) this.#storedAt.set(token, this.#time.now());
      return { ...row, connection, token };
    });
  }

  /** When each refresh token was seen in its row first. */
  readonly #storedAt = new Map<string, number>();
  readonly #opened = new Map<string, string>();
  #open(row: SealedRow, sealed: string | null): string {
    if (sealed === null) return '';
    const token = this.#opened.get(sealed) ?? this.#own.vault.open(sealed, refreshTokenPlace(row));
    this.#opened.set(sealed, token);
    return token;
  }

  /** A spent token is shown only where its answer was lost, or its holder was cut off for longer than anybody waits. */
  #expectUnspent(connection: Connection, shown: string): void {
    const family = this.server.family(connection.name);
    if (!family.alive || family.thief || connection.excused || this.server.accepts(shown)) return;
    // Its holder may have stored it a moment ago, when the other had its proof already.
    const cutOffMs = Math.max(
      ...[...family.live].map((token) => {
        const issuedAt = Math.min(...this.hubs.map(({ issued }) => issued.get(token) ?? Number.POSITIVE_INFINITY));
        return (this.#storedAt.get(token) ?? this.#time.now()) - issuedAt;
      }),
    );
    if (cutOffMs < spendingMs) throw this.#broken(`${connection.name}: a spent token was shown`);
    this.#excuse(connection, 'its holder was cut off for long');
  }

  #failed: Broken | null = null;
  #broken(what: string): Broken {
    this.#failed ??= new Broken([what, ...this.#notes].join('\n'));
    return this.#failed;
  }

  /**
   * A grant that the server holds alive is newest in its row or on its way there, and a grant that ended is called
   * stolen only where somebody stole it.
   * @throws Broken
   */
  async check(): Promise<void> {
    if (this.#failed) throw this.#failed;
    for (const { connection, status, statusReason, token } of await this.#rows()) {
      const family = this.server.family(connection.name);
      if (statusReason === 'suspected_theft' && !family.thief) {
        throw this.#broken(`${connection.name}: called stolen, and nobody stole it`);
      }
      if (family.thief || connection.excused) continue;
      if (!family.alive) throw this.#broken(`${connection.name}: ended without a thief or a loss`);
      const owner = this.#ownerOf(family, ({ alive }) => alive);
      if (!this.server.accepts(token) && !owner) {
        throw this.#broken(`${connection.name}: nobody has its newest token`);
      }
      if (status !== 'connected' && !owner) throw this.#broken(`${connection.name}: given up while it lives`);
    }
  }

  /** Lets all that is under way come to its end with the best of luck, and refreshes everything once more. */
  async finish(): Promise<void> {
    for (let which = 0; which < this.hubs.length; which++) this.wake(which);
    const drain = async () => {
      for (let round = 0; round < 400; round++) {
        while (this.#pending.some(({ hub }) => hub.alive)) {
          this.release(0, 0);
          await this.settle();
        }
        for (let which = 0; which < this.hubs.length; which++) this.notice(which);
        await this.settle();
        const going = this.hubs.filter((hub) => hub.calls > 0 || hub.runtime.background.size > 0 || hub.owesPutBack);
        if (going.length === 0) return;
        await this.pass(500);
      }
      throw this.#broken('something never ends');
    };
    await drain();
    await this.check();
    await this.pass(600_000);
    await drain();
    for (let which = 0; which < this.connections.length; which++) {
      this.refresh(0, which);
      await drain();
    }
    await this.check();
    for (const hub of this.hubs) hub.alive = false;
  }
}
