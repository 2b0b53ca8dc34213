import { storeGrant } from '#lib/authorization/store-grant';
import { type Runtime, systemContext } from '#lib/context';
import type { PersonContext } from '#lib/guards/require';
import { newId } from '#lib/ids';
import { createLogger } from '#lib/log';
import { followLostAnswers, followSilentHolders } from '#lib/refresh/follow-silent';
import { putBackRecent } from '#lib/refresh/recent-answers';
import { refreshConnection } from '#lib/refresh/refresh';
import { refreshDueConnections } from '#lib/refresh/refresh-due';
import { keepRefused } from '#lib/revocation/keep-refused';
import { revokeConnection } from '#lib/revocation/revoke';
import { workRevocations } from '#lib/revocation/work-revocations';
import { addConnection, addPerson, createRuntime, plainRecord } from '#tests/hub';
import { AuthorizationServer, grantOf } from '#tests/model/authorization-server';
import { faultyDatabase } from '#tests/model/faulty-database';
import { type Hub, isAtWork, newHub } from '#tests/model/hub';
import { networkOf } from '#tests/model/network';
import { Oracle } from '#tests/model/oracle';
import { clearDatabase, Records, restoreSnapshot, takeSnapshot, type WorldDatabase } from '#tests/model/records';
import { Standstill } from '#tests/model/standstill';
import type { VirtualTime } from '#tests/model/virtual-time';

/** How long nothing is spent after a promotion. */
const settlingMs = 10_000;
/** A standby that is further behind is not promoted. */
const longestLagMs = 60_000;

const silent = createLogger({ level: 'silent', pretty: false });
const issuer = 'https://acme.example';

export interface WorldSize {
  hubs: number;
  connections: number;
  leewaySeconds: number;
}

/**
 * Hubs on one database before one authorization server, in which everything that goes from one to the other stands still
 * until a step lets it go on, in any order and with any luck.
 */
export class World extends Standstill {
  readonly server: AuthorizationServer;
  readonly oracle: Oracle;
  readonly #size: WorldSize;
  readonly #database: WorldDatabase;
  readonly #own: Runtime;
  readonly #records: Records;
  /** Accounts, each with the id of its newest connection. */
  readonly #accounts: { subject: string; id: string }[] = [];
  #person: PersonContext['actor'] | null = null;
  #grants = 0;
  /** Calls that make, replace or revoke grants, which a standby's lag must not touch. */
  #changingGrants = 0;
  #snapshotAt: number | null = null;
  #promotedAt: number | null = null;

  private constructor(database: WorldDatabase, time: VirtualTime, size: WorldSize) {
    super(time);
    this.#size = size;
    this.#database = database;
    this.server = new AuthorizationServer(size.leewaySeconds, () => time.now());
    this.#own = createRuntime(database, this.#providers(), { log: silent });
    this.#records = new Records(database, this.#own);
    this.oracle = new Oracle({
      server: this.server,
      hubs: this.hubs,
      now: () => time.now(),
      read: () => this.#records.read(),
      note: (what) => this.note(what),
    });
  }

  #providers() {
    const { leewaySeconds } = this.#size;
    const rotation = leewaySeconds === 0 ? 'rotate' : { leeway_s: leewaySeconds };
    return [{ ...plainRecord('https://as.example'), rotation, revoke: { blast_radius: 'token' } }];
  }

  static async create(database: WorldDatabase, time: VirtualTime, size: WorldSize): Promise<World> {
    const world = new World(database, time, size);
    await clearDatabase(database, time.now());
    const person = await addPerson(world.#own);
    world.#person = person.ctx().actor as PersonContext['actor'];
    for (let n = 0; n < size.connections; n++) {
      const subject = `account${n}`;
      const refreshToken = world.#newGrant();
      const given = { personId: person.id, refreshToken, subject, lastUsedAt: new Date(time.now()) };
      world.#accounts.push({ subject, id: await addConnection(world.#own, given) });
    }
    for (let n = 0; n < size.hubs; n++) world.#start();
    return world;
  }

  #newGrant(): string {
    this.#grants += 1;
    return this.server.grant(`g${this.#grants}`);
  }

  /** What must hold, looked at where something happened. @throws Broken */
  async check(): Promise<void> {
    if (!this.changed) return;
    this.changed = false;
    try {
      await this.oracle.check();
    } catch (error) {
      if (error instanceof Error) error.message = [error.message, ...this.notes].join('\n');
      throw error;
    }
  }

  #accountAt = (which: number) => this.#accounts[which % this.#accounts.length] as { subject: string; id: string };

  /** Nothing was shown before every process had time to put back what a new primary lacks. */
  #expectSettled(token: string, askedAt: number): void {
    const since = this.#promotedAt;
    if (since !== null && askedAt > since && askedAt < since + settlingMs)
      this.oracle.broken(`${grantOf(token)}: a token was shown although the history was not settled`);
  }

  // — Steps —

  #start(at = this.hubs.length): void {
    const hub = newHub(this.#own);
    const database = faultyDatabase(
      this.#database,
      () => this.fateOf(hub),
      (work) => this.whileBusy(work),
    );
    const ends = {
      server: this.server,
      now: () => this.time.now(),
      wait: (asking: Hub, onItsWay?: boolean) => this.wait(asking, onItsWay),
      note: (what: string) => this.note(what),
      beforeShown: (token: string, askedAt: number) => {
        this.changed = true;
        this.#expectSettled(token, askedAt);
        this.oracle.expectUnspent(token, askedAt);
      },
      onLost: (token: string) => this.oracle.excuse(grantOf(token), 'answer_lost', 'its answer was lost on the way'),
    };
    const fetch = networkOf(ends, hub, () => this.nameOf(hub));
    const { vault } = this.#own;
    hub.runtime = createRuntime(database, this.#providers(), { log: silent, vault, fetch });
    this.hubs[at] = hub;
  }

  refresh(hub: number, account: number): void {
    const asking = this.hubAt(hub);
    const { id } = this.#accountAt(account);
    this.call(asking, () => refreshConnection(systemContext(asking.runtime, 'model'), { id, force: true }));
  }

  refreshDue(hub: number): void {
    const asking = this.hubAt(hub);
    this.call(asking, () => refreshDueConnections(systemContext(asking.runtime, 'model')));
  }

  /** A look of the background for tokens that were shown and not answered. */
  follow(hub: number): void {
    const asking = this.hubAt(hub);
    const ctx = systemContext(asking.runtime, 'model');
    this.call(asking, () => Promise.all([followSilentHolders(ctx), followLostAnswers(ctx)]));
  }

  /** A call after which a standby has all again: its lag is about refreshes only. */
  #callChanging(hub: Hub, work: () => Promise<unknown>): void {
    this.call(hub, async () => {
      this.#changingGrants += 1;
      this.#snapshotAt = null;
      try {
        await work();
      } finally {
        this.#changingGrants -= hub.alive ? 1 : 0;
      }
    });
  }

  revoke(hub: number, account: number): void {
    const asking = this.hubAt(hub);
    const { id, subject } = this.#accountAt(account);
    this.#callChanging(asking, async () => {
      this.note(`${this.nameOf(asking)} is to revoke ${subject}`);
      await revokeConnection(systemContext(asking.runtime, 'model'), { id });
    });
  }

  /** The person connects the account again: the answer to the code is here, and is stored or refused. */
  reconnect(hub: number, account: number): void {
    const asking = this.hubAt(hub);
    const known = this.#accountAt(account);
    const { subject } = known;
    const actor = this.#person;
    if (!actor || !asking.alive || asking.stalledSince !== null) return;
    this.#callChanging(asking, async () => {
      const refresh_token = this.#newGrant();
      asking.issued.set(refresh_token, this.time.now());
      this.note(`${this.nameOf(asking)} has ${refresh_token} for ${subject}`);
      const ctx = { ...systemContext(asking.runtime, 'model'), actor };
      const id = newId('rfg');
      const tokens = { access_token: `at.${refresh_token}`, refresh_token, expires_in: 3600, scopes: ['read'] };
      const account = { issuer, subject, accountParams: {}, extras: {} };
      try {
        const stored = await storeGrant(ctx, {
          answer: id,
          ...{ ...account, provider: 'acme', label: null, lifeSeconds: 3600, reconnects: null },
          ...{ scopesRequested: ['read'], scopesGranted: ['read'] },
          tokens: {
            ...tokens,
            refresh_token_expires_in: null,
            extras: {},
            token_type: 'bearer' as const,
            id_token_claims: null,
          },
          authorization: { pkce: 'S256', issChecked: true, idTokenChecked: false, userAgent: null },
        });
        known.id = stored.connectionId;
      } catch (error) {
        const received = { accessToken: tokens.access_token, refreshToken: refresh_token, expiresIn: 3600 };
        const { personId } = actor;
        await keepRefused(ctx, {
          ...account,
          id,
          intent: 'connect',
          code: 'internal',
          provider: 'acme',
          personId,
          received,
        });
        throw error;
      }
    });
  }

  workRevocations(hub: number): void {
    const asking = this.hubAt(hub);
    this.call(asking, () => workRevocations(systemContext(asking.runtime, 'model')));
  }

  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 5000) {
      this.time.pass(Math.min(left, 5000));
      await this.settle();
      if (this.#promotedAt !== null && this.time.now() - this.#promotedAt >= settlingMs) {
        // Who did not put back by now was cut off or stood still.
        if (this.hubs.some(({ owesPutBack }) => owesPutBack)) {
          await this.oracle.excuseUnstored('history_lost', () => false);
          for (const hub of this.hubs) hub.owesPutBack = false;
        }
        this.#promotedAt = null;
      }
    }
  }

  async kill(which: number): Promise<void> {
    const at = which % this.hubs.length;
    this.hubAt(at).alive = false;
    this.note(`hub ${at} is killed`);
    await this.oracle.excuseUnstored('answer_lost', (hub) => hub.alive);
    this.#start(at);
    this.changed = true;
  }

  /** Somebody else uses an account's newest token. */
  async steal(which: number): Promise<void> {
    const { subject } = this.#accountAt(which);
    const { rows } = await this.#records.read();
    const row = rows.find((one) => one.subject === subject && one.status === 'connected');
    const family = row && this.server.families.get(grantOf(row.token));
    if (!family) return;
    family.thief = true;
    this.server.refresh([...family.live].at(-1) ?? '');
    this.note(`a thief uses the token of ${subject}`);
  }

  /** From now on the standby gets nothing more. */
  async fallBehind(): Promise<void> {
    if (this.#changingGrants > 0) return;
    await takeSnapshot(this.#database);
    this.#snapshotAt = this.time.now();
    this.note('the standby falls behind');
  }

  /** The standby takes over: every connection is cut, and what it did not have is gone. */
  async promote(): Promise<void> {
    const behindSince = this.#snapshotAt;
    if (behindSince === null || this.time.now() - behindSince > longestLagMs) return;
    this.#snapshotAt = null;
    this.late.length = 0;
    await restoreSnapshot(this.#database, this.#own);
    this.#promotedAt = this.time.now();
    this.changed = true;
    this.note('the standby takes over');
    for (const hub of this.hubs) hub.owesPutBack = hub.alive;
    this.oracle.forgetRows(behindSince);
    await this.oracle.excuseUnstored('history_lost', (hub) => hub.alive);
    // A statement that was under way ends with its connection.
    const cut = this.pending;
    this.pending = [];
    for (const { hub, onItsWay, go } of cut)
      if (hub.stalledSince === null) go(85);
      else this.pending.push({ hub, onItsWay, go: () => go(85) });
  }

  /** Each process looks for a promotion every three seconds. */
  notice(which: number): void {
    const hub = this.hubAt(which);
    if (!hub.owesPutBack) return;
    this.call(hub, async () => {
      await putBackRecent(systemContext(hub.runtime, 'model'));
      hub.owesPutBack = false;
    });
  }

  // — The end —

  /** Lets all that is under way come to its end with the best of luck. */
  async #drain(): Promise<void> {
    for (let round = 0; round < 400; round++) {
      while (this.pending.some(({ hub }) => hub.alive)) {
        this.release(0, 0);
        await this.settle();
      }
      for (let which = 0; which < this.hubs.length; which++) this.notice(which);
      await this.settle();
      if (!this.hubs.some(isAtWork)) return;
      await this.pass(500);
    }
    throw this.oracle.broken(['something never ends', ...this.notes].join('\n'));
  }

  /** Lets everything end, refreshes every connection, and works off the revocations: then nothing may be left over. */
  async finish(): Promise<void> {
    for (let which = 0; which < this.hubs.length; which++) this.wake(which);
    await this.#drain();
    await this.check();
    // A refusal is doubted for some minutes, and a revocation tries again with growing pauses.
    for (let round = 0; round < 3; round++) {
      await this.pass(600_000);
      await this.#drain();
      for (let which = 0; which < this.#accounts.length; which++) {
        this.refresh(0, which);
        await this.#drain();
      }
      this.workRevocations(0);
      await this.#drain();
      this.changed = true;
      await this.check();
    }
    try {
      await this.oracle.expectNoneLeft();
    } catch (error) {
      if (error instanceof Error) error.message = [error.message, ...this.notes].join('\n');
      throw error;
    }
    for (const hub of this.hubs) hub.alive = false;
  }
}
