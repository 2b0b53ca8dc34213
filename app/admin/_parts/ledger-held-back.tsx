import { Notice } from '#app/_ui/notice';
import { Time } from '#app/_ui/time';
import { readLedgerHeldBack } from '#lib/audit/ledger-trouble';
import { adminPage, inPart } from '#lib/web/page';

/**
 * The transaction that keeps the hub from reading the ledger, at the top of every admin page: what it holds back raises
 * no alert meanwhile.
 */
export async function LedgerHeldBack() {
  const ctx = await adminPage();
  const answer = await inPart(ctx, 'ledger_held_back', readLedgerHeldBack(ctx));
  const held = answer?.held;
  if (!held) return null;
  const by = held.role === '' ? 'an unknown role' : `the role ${held.role}`;
  return (
    <div className="mb-4">
      <Notice
        tone="bad"
        title="A transaction keeps the hub from reading the ledger"
        after={
          <span className="text-meta text-soft">
            since <Time at={held.since} />
          </span>
        }
      >
        <p>
          {held.pid === null ? 'A prepared transaction' : `Process ${held.pid} of the database’s server`}, as {by}, is
          not over. Entries from then on raise no alert, and a change to them would not be found.
        </p>
      </Notice>
    </div>
  );
}
