import { type AuthorizationServer, type Family, grantOf } from '#tests/model/authorization-server';
import { type Hub, isAtWork } from '#tests/model/hub';
import type { Row, Stored } from '#tests/model/records';

/** How long a holder may be cut off before others may show the token that it spent. */
const spendingMs = 180_000;

/** How long before a show its row was written at most, where a round of the background did so. */
const proofMs = 1000;

/** Why a grant's newest token is nowhere, and what its connection has to say of it. */
export type Excuse = 'answer_lost' | 'history_lost';

/** What a row may say after an answer was lost: failures after which the provider may have rotated the token, too. */
const saysLost: ReadonlySet<string | null> = new Set(['answer_lost', 'provider_timeout', 'provider_unavailable']);

/** What the oracle needs of its world. */
export interface Seen {
  server: AuthorizationServer;
  hubs: readonly Hub[];
  now(): number;
  read(): Promise<Stored>;
  note(what: string): void;
}

/** What the model found to be wrong. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

/**
 * Says what must hold: a grant that the server holds alive is newest in its row, on its way there, or in the revocations,
 * and what became of a grant that ended is told as it was.
 */
export class Oracle {
  readonly #seen: Seen;
  readonly #excuses = new Map<string, { excuse: Excuse; at: number }>();
  /** When a process began to show a token of each grant last. */
  readonly #askedAt = new Map<string, number>();
  /** When each refresh token was seen in its row first. */
  readonly #storedAt = new Map<string, number>();
  #promotedAt = Number.NEGATIVE_INFINITY;
  #failed: Broken | null = null;

  constructor(seen: Seen) {
    this.#seen = seen;
  }

  /** The first thing that was found wrong. */
  broken(what: string): Broken {
    this.#failed ??= new Broken(what);
    return this.#failed;
  }

  excuse(name: string, excuse: Excuse, why: string): void {
    if (this.#excuses.has(name)) return;
    this.#seen.note(`${name} is excused: ${why}`);
    // What the row said of a show that began before a promotion may have gone with the old primary.
    const askedAt = this.#askedAt.get(name) ?? Number.NEGATIVE_INFINITY;
    const told = askedAt > this.#promotedAt + proofMs ? excuse : 'history_lost';
    this.#excuses.set(name, { excuse: told, at: this.#seen.now() });
  }

  /** A standby took over: what the rows said since it fell behind of lost answers is lost, too. */
  forgetRows(since: number): void {
    this.#promotedAt = this.#seen.now();
    for (const known of this.#excuses.values()) if (known.at >= since) known.excuse = 'history_lost';
  }

  /** The process that has, or will have stored, one of the grant's newest tokens. */
  #ownerOf({ live }: Family, counts: (hub: Hub) => boolean): Hub | undefined {
    return this.#seen.hubs.find(
      (hub) => counts(hub) && isAtWork(hub) && [...live].some((token) => hub.issued.has(token)),
    );
  }

  /** Excuses grants with a newest token that is stored nowhere and with no process that counts. */
  async excuseUnstored(excuse: Excuse, counts: (hub: Hub) => boolean): Promise<void> {
    const stored = await this.#stored();
    for (const [name, family] of this.#seen.server.families) {
      if (!family.alive || this.#ownerOf(family, counts) || this.#isStored(stored, family)) continue;
      this.excuse(name, excuse, 'its newest token is nowhere');
    }
  }

  #isStored({ rows, revoking }: Stored, { live }: Family): boolean {
    return (
      rows.some(({ token, status }) => status !== 'revoked' && live.has(token)) || revoking.some((t) => live.has(t))
    );
  }

  async #stored(): Promise<Stored> {
    const stored = await this.#seen.read();
    for (const token of [...stored.rows.map(({ token }) => token), ...stored.revoking])
      if (!this.#storedAt.has(token)) this.#storedAt.set(token, this.#seen.now());
    return stored;
  }

  /** A spent token is shown only where its answer was lost, or its holder was cut off for longer than anybody waits. */
  expectUnspent(shown: string, askedAt: number): void {
    const { server, hubs, now } = this.#seen;
    const name = grantOf(shown);
    this.#askedAt.set(name, askedAt);
    const family = server.family(name);
    if (!family.alive || family.thief || this.#excuses.has(name) || server.accepts(shown)) return;
    // Its holder may have stored it a moment ago, when the other had its proof already.
    const cutOffMs = Math.max(
      ...[...family.live].map((token) => {
        const issuedAt = Math.min(...hubs.map(({ issued }) => issued.get(token) ?? Number.POSITIVE_INFINITY));
        return (this.#storedAt.get(token) ?? now()) - issuedAt;
      }),
    );
    if (cutOffMs < spendingMs) throw this.broken(`${name}: a spent token was shown`);
    this.excuse(name, 'answer_lost', 'its holder was cut off for long');
  }

  /** @throws Broken */
  async check(): Promise<void> {
    if (this.#failed) throw this.#failed;
    const stored = await this.#stored();
    for (const row of stored.rows) this.#checkRow(row);
    for (const [name, family] of this.#seen.server.families) {
      if (!family.alive || family.thief || this.#excuses.has(name)) continue;
      if (this.#isStored(stored, family) || this.#ownerOf(family, ({ alive }) => alive)) continue;
      const forgiven = stored.rows.some(({ token }) => grantOf(token) === name && this.#seen.server.accepts(token));
      if (!forgiven) throw this.broken(`${name}: its newest token is in no row, no revocation and no process`);
    }
  }

  #checkRow({ status, statusReason, lastRefreshError, token }: Row): void {
    if (status === 'revoked' || token === '') return;
    const name = grantOf(token);
    const family = this.#seen.server.family(name);
    if (family.thief) return;
    const excuse = this.#excuses.get(name)?.excuse;
    if (family.ended === 'revocation') throw this.broken(`${name}: revoked while its connection goes on`);
    if (status === 'needs_reconnect') {
      if (!excuse) throw this.broken(`${name}: given up without a thief or a loss (${statusReason})`);
      const honest = statusReason === 'answer_lost' || (excuse === 'history_lost' && statusReason === 'history_lost');
      if (!honest) throw this.broken(`${name}: its ${excuse} is called ${statusReason}`);
      return;
    }
    if (!family.alive && !excuse) throw this.broken(`${name}: ended without a thief or a loss`);
    const spent = !this.#seen.server.accepts(token) && family.alive;
    if (spent && excuse === 'answer_lost' && !saysLost.has(lastRefreshError))
      throw this.broken(`${name}: its answer was lost, and its row does not say so (${lastRefreshError})`);
  }

  /** Grants that live at the server in the end although nothing of ours uses them. */
  async expectNoneLeft(): Promise<void> {
    const { rows } = await this.#stored();
    for (const [name, family] of this.#seen.server.families) {
      if (!family.alive || family.thief || this.#excuses.has(name)) continue;
      const used = rows.some(
        (row) => row.status === 'connected' && this.#seen.server.accepts(row.token) && grantOf(row.token) === name,
      );
      if (!used) throw this.broken(`${name}: replaced or revoked, and alive at the server in the end`);
    }
  }
}
