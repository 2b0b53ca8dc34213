import ipaddr from 'ipaddr.js';
import { type Actor, actorId, type Requester } from '#lib/actor';
import type { Db } from '#lib/db/database';
import { ledger } from '#lib/db/schema/ledger';
import { toLedgerRow } from '#lib/ledger/record';

const maxFolds = 1_000;

interface Fold {
  actor: Actor;
  code: string;
  network: string;
  requestId: string;
  provider: string | null;
  count: number;
}

/** Who was refused; nobody in particular where no actor is named. */
type Refused = Pick<Requester, 'ip' | 'requestId'> & { actor?: Actor };

/** Counts refusals that have no entry of their own, so that a flood of them cannot fill the disk. */
export interface RefusalFolder {
  /** Counts one; the row is written when its minute is over. */
  add(who: Refused, code: string, provider?: string | null): void;
  /** Writes one row a code, network and actor with its count. */
  flush(db: Db): Promise<void>;
}

/** The /24 or /64 that an address lies in; many addresses of one network are one sender. */
export function networkOf(ip: string | null): string {
  if (!ip || !ipaddr.isValid(ip)) return 'unknown';
  const address = ipaddr.process(ip);
  const bits = address.kind() === 'ipv4' ? 24 : 64;
  const network =
    address.kind() === 'ipv4'
      ? ipaddr.IPv4.networkAddressFromCIDR(`${address}/${bits}`)
      : ipaddr.IPv6.networkAddressFromCIDR(`${address}/${bits}`);
  return `${network}/${bits}`;
}

const anonymous: Actor = { type: 'anonymous' };

/** Makes a folder. It holds at most a thousand networks; what comes beyond is counted under `other`. */
export function createRefusalFolder(): RefusalFolder {
  let folds = new Map<string, Fold>();
  return {
    add(who, code, provider = null) {
      const exact = networkOf(who.ip);
      const asker = who.actor ?? anonymous;
      const known = folds.has(`${code} ${exact} ${actorId(asker)}`) || folds.size < maxFolds;
      const [network, actor] = known ? [exact, asker] : ['other', anonymous];
      const key = `${code} ${network} ${actorId(actor)}`;
      const fold = folds.get(key);
      if (fold) fold.count += 1;
      else folds.set(key, { actor, code, network, requestId: who.requestId, provider, count: 1 });
    },
    async flush(db) {
      if (folds.size === 0) return;
      const taken = folds;
      folds = new Map();
      const rows = [...taken.values()].map((fold) =>
        toLedgerRow(
          { actor: fold.actor, ip: fold.network, requestId: fold.requestId },
          {
            action: 'request.refused',
            outcome: 'refused',
            code: fold.code,
            provider: fold.provider,
            count: fold.count,
          },
        ),
      );
      try {
        await db.insert(ledger).values(rows);
      } catch (error) {
        // The database was out of reach: what it did not take is counted on, within the same bound.
        for (const [key, fold] of taken) {
          const newer = folds.get(key);
          if (newer) newer.count += fold.count;
          else if (folds.size < 2 * maxFolds) folds.set(key, fold);
        }
        throw error;
      }
    },
  };
}
