import type { Requester } from '#lib/actor';
import type { Config } from '#lib/config/config';
import type { Database } from '#lib/db/database';
import type { Grouped } from '#lib/db/grouped';
import type { Use } from '#lib/db/use-notes';
import { newId } from '#lib/ids';
import type { LedgerRow } from '#lib/ledger/columns';
import type { RefusalFolder } from '#lib/ledger/fold-refusals';
import type { Logger } from '#lib/log';
import type { GuardedFetch } from '#lib/outbound/guarded-fetch';
import type { ProviderCatalog } from '#lib/providers/catalog';
import type { KeyRoot } from '#lib/vault/root';
import type { Vault } from '#lib/vault/vault';

export type { Actor, Role } from '#lib/actor';

/** The parts that a process has one of. Tests make their own; the product's come from `lib/runtime.ts`. */
export interface Runtime {
  config: Config;
  database: Database;
  vault: Vault;
  /** Root keys: the first wraps data keys, all unwrap. */
  keyRoots: readonly KeyRoot[];
  providers: ProviderCatalog;
  /** The guarded fetch: timeout, size limit, no redirects, no internal addresses. */
  fetch: GuardedFetch;
  /** This process's clock. Leases, expiries and sessions are decided by the database's instead. */
  now: () => Date;
  log: Logger;
  refusals: RefusalFolder;
  /** Takes the entries of vended tokens: those of concurrent requests share commits. */
  vends: Grouped<LedgerRow, void>;
  /** Takes who used which connection, to be written together. */
  uses: Grouped<Use, void>;
  /** Names this process as the owner of a lease. */
  processId: string;
  /** Work that goes on after an answer was sent; awaited when the process drains. */
  background: Set<Promise<unknown>>;
}

/** The first argument of every verb: the process's parts, the requester and the address. */
export interface Context extends Runtime, Requester {
  userAgent: string | null;
}

/** A context of our own for work without a request: jobs and the command line. */
export function systemContext(runtime: Runtime, name: string): Context {
  return { ...runtime, actor: { type: 'system', name }, requestId: newId('req'), ip: null, userAgent: null };
}

/** Lets work go on after the answer; a failure is logged, and draining waits for it. */
export function inBackground(ctx: Runtime, what: string, work: Promise<unknown>): void {
  const tracked = work
    .catch((error: unknown) => ctx.log.error({ event: 'background_failed', what, err: error }))
    .finally(() => ctx.background.delete(tracked));
  ctx.background.add(tracked);
}

/** Whether an error means that the database is out of reach just now, for code that may not import `lib/db`. */
export { isDatabaseUnavailable } from '#lib/db/database';
