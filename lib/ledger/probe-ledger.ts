import type { Database } from '#lib/db/database';
import { ledger } from '#lib/db/schema/ledger';

/** Ends the probe's transaction, so that it leaves no entry. */
class Taken extends Error {
  override readonly name = 'Taken';
}

/**
 * Appends an entry and takes it back: a cause that keeps a vend's entry from being written (no room, a standby, a
 * missing partition or right) keeps this one, too.
 * @throws what the database says
 */
export async function probeLedger({ db }: Pick<Database, 'db'>): Promise<void> {
  try {
    await db.transaction(async (tx) => {
      await tx.insert(ledger).values({ action: 'probe', outcome: 'ok', actorType: 'system' });
      throw new Taken();
    });
  } catch (error) {
    if (!(error instanceof Taken)) throw error;
  }
}
