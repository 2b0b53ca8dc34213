import { Snowflake } from 'lucide-react';
import { Link } from '#app/_ui/link';
import { Notice } from '#app/_ui/notice';
import { Time } from '#app/_ui/time';
import { standingFreezes } from '#lib/freezes/list';
import { adminPage, inPart } from '#lib/web/page';
import { brakeActor, brakeSubject } from '#ui/brake-words';
import { LedgerHeldBack } from './ledger-held-back.tsx';

/** So many brakes are named; of more the page of brakes tells. */
const named = 3;

/**
 * The brakes that stand, at the top of every admin page, below what holds the ledger back. Each page shows it by itself: a layout is not asked anew when
 * its pages change, and a brake that somebody else pulled meanwhile would be missing.
 */
export function StandingBrakes() {
  return (
    <>
      <LedgerHeldBack />
      <Brakes />
    </>
  );
}

async function Brakes() {
  const ctx = await adminPage();
  const found = await inPart(ctx, 'brakes', standingFreezes(ctx, { limit: named }));
  if (!found)
    return (
      <div className="mb-4">
        <Notice tone="bad" title="Whether anything is frozen could not be read" reference={ctx.requestId} />
      </div>
    );
  const { items: brakes, nextCursor } = found;
  if (brakes.length === 0) return null;
  return (
    <section aria-label="Frozen" className="mb-4 flex items-start gap-3 rounded-lg bg-frozen-tint p-3 text-frozen">
      <Snowflake aria-hidden="true" className="mt-0.5 size-5 flex-none" />
      <div className="flex min-w-0 flex-1 flex-col gap-1 text-ink sm:flex-row sm:items-start sm:gap-4">
        <ul className="flex min-w-0 flex-1 flex-col gap-1">
          {brakes.map((brake) => (
            <li key={brake.id} className="line-clamp-3 wrap-anywhere sm:line-clamp-2">
              <span className="font-medium">
                {brakeSubject(brake)} {brake.scope === 'person' ? 'are' : 'is'} frozen
              </span>{' '}
              <span className="text-meta text-soft">
                by {brakeActor(brake.createdBy)}, <Time at={brake.createdAt} />: {brake.reason}
              </span>
            </li>
          ))}
        </ul>
        <Link href="/admin/freezes" className="link flex-none self-start">
          {nextCursor ? 'All brakes' : 'Brakes'}
        </Link>
      </div>
    </section>
  );
}
