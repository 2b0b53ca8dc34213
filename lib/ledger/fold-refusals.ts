import ipaddr from 'ipaddr.js';
import { type Actor, actorId, type Requester } from '#lib/actor';
import type { Db } from '#lib/db/database';
import { ledger } from '#lib/db/schema/ledger';
import type { LedgerAction } from '#lib/ledger/actions';
import { toLedgerRow } from '#lib/ledger/record';

const maxFolds = 1_000;
/** Rows of one statement: PostgreSQL counts its parameters in 16 bits. */
const atOnce = 1_000;

/** Requests that the hub refused, and breaches of a page's policy that browsers stopped and reported. */
type FoldedAction = Extract<LedgerAction, 'request.refused' | 'policy.violation_reported'>;

interface Fold {
  action: FoldedAction;
  actor: Actor;
  code: string;
  network: string;
  requestId: string;
  provider: string | null;
  /** A known code of the provider, where it refused. */
  providerError: string | null;
  count: number;
}

/** The refused actor; anonymous where none is named. */
type Refused = Pick<Requester, 'ip' | 'requestId'> & { actor?: Actor };

/** Counts refusals that have no entry of their own, so that a flood of them cannot fill the disk. */
export interface RefusalFolder {
  /** Counts one; the row is written when its minute is over. */
  add(who: Refused, code: string, provider?: string | null, providerError?: string | null): void;
  /** Counts a breach of a page's Content-Security-Policy, as a browser reported it. */
  addReport(who: Refused, code: string): void;
  /** Writes one row a code, network and actor with its count. */
  flush(db: Db): Promise<void>;
}

/** The network that an address lies in, as `203.0.113.0/24`; `unknown` for text that is no address. */
export function prefixOf(ip: string | null, lengths: { ipv4: number; ipv6: number }): string {
  if (!ip || !ipaddr.isValid(ip)) return 'unknown';
  const address = ipaddr.process(ip);
  const bits = lengths[address.kind()];
  const network =
    address.kind() === 'ipv4'
      ? ipaddr.IPv4.networkAddressFromCIDR(`${address}/${bits}`)
      : ipaddr.IPv6.networkAddressFromCIDR(`${address}/${bits}`);
  return `${network}/${bits}`;
}

/** The /24 or /64 that an address lies in; many addresses of one network are one sender. */
export const networkOf = (ip: string | null): string => prefixOf(ip, { ipv4: 24, ipv6: 64 });

const anonymous: Actor = { type: 'anonymous' };

const rowOf = ({ action, actor, network, requestId, code, provider, providerError, count }: Fold) =>
  toLedgerRow(
    { actor, ip: network, requestId },
    {
      ...{ action, outcome: 'refused', code, provider, count },
      details: providerError === null ? {} : { provider_error: providerError },
    },
  );

/**
 * The key of a refusal's count: providers are configured and codes are known, so that only the callers are without
 * bound.
 */
const keyOf = ({ action, code, network, actor, provider, providerError }: Omit<Fold, 'requestId' | 'count'>) =>
  `${action} ${code} ${network} ${actorId(actor)} ${provider} ${providerError}`;

/**
 * Makes a folder. It holds at most a thousand networks of anonymous callers, and as many of known ones, so that a flood
 * from everywhere hides no known name. Further ones are counted under `other`.
 */
export function createRefusalFolder(): RefusalFolder {
  let folds = { nobody: new Map<string, Fold>(), known: new Map<string, Fold>() };

  /** Counts it where it was counted before, or anew where there is room. */
  function count(into: Map<string, Fold>, fold: Fold, room: number): boolean {
    const key = keyOf(fold);
    const before = into.get(key);
    if (before) before.count += fold.count;
    else if (into.size < room) into.set(key, fold);
    else return false;
    return true;
  }

  function fold(one: Fold, room: number): void {
    const elsewhere = { ...one, network: 'other' };
    const counted =
      one.actor.type === 'anonymous'
        ? count(folds.nobody, one, room)
        : count(folds.known, one, room) || count(folds.known, elsewhere, 2 * room);
    if (!counted) count(folds.nobody, { ...elsewhere, actor: anonymous }, Number.POSITIVE_INFINITY);
  }

  return {
    add(who, code, provider = null, providerError = null) {
      const { requestId, actor = anonymous } = who;
      const action = 'request.refused';
      fold({ action, actor, code, network: networkOf(who.ip), requestId, provider, providerError, count: 1 }, maxFolds);
    },
    addReport({ ip, requestId }, code) {
      const nothingElse = { actor: anonymous, provider: null, providerError: null, count: 1 };
      fold({ action: 'policy.violation_reported', code, network: networkOf(ip), requestId, ...nothingElse }, maxFolds);
    },
    async flush(db) {
      const taken = [...folds.known.values(), ...folds.nobody.values()];
      folds = { nobody: new Map(), known: new Map() };
      while (taken.length > 0) {
        try {
          await db.insert(ledger).values(taken.slice(0, atOnce).map(rowOf));
        } catch (error) {
          // The database was out of reach: refusals that it did not take are counted on, within the same bound.
          for (const one of taken) fold(one, 2 * maxFolds);
          throw error;
        }
        taken.splice(0, atOnce);
      }
    },
  };
}
