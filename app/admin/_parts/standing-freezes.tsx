import { Snowflake } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { Notice } from '#app/_ui/notice';
import { Time } from '#app/_ui/time';
import { standingFreezes } from '#lib/freezes/list';
import { adminPage, inPart } from '#lib/web/page';
import { actorWords } from '#ui/actor-words';
import { freezeSubject } from '#ui/freeze-words';
import { LedgerHeldBack } from './ledger-held-back.tsx';

/** So many freezes are named; of more the page of freezes tells. */
const named = 3;

/**
 * The freezes that stand, at the top of every admin page, below what holds the ledger back. Each page shows it by itself: a layout is not asked anew when
 * its pages change, and a freeze that somebody else set meanwhile would be missing.
 */
export function StandingFreezes() {
  return (
    <>
      <LedgerHeldBack />
      <Freezes />
    </>
  );
}

async function Freezes() {
  const ctx = await adminPage();
  const found = await inPart(ctx, 'freezes', standingFreezes(ctx, { limit: named }));
  if (!found)
    return (
      <div className="mb-4">
        <Notice tone="bad" title="Whether anything is frozen could not be read" reference={ctx.requestId} />
      </div>
    );
  const { items: freezes, nextCursor } = found;
  if (freezes.length === 0) return null;
  return (
    <section aria-label="Frozen" className="mb-4 flex items-start gap-3 rounded-lg bg-frozen-tint p-3 text-frozen">
      <Snowflake aria-hidden="true" className="mt-0.5 size-5 flex-none" />
      <div className="flex min-w-0 flex-1 flex-col gap-1 text-ink sm:flex-row sm:items-start sm:gap-4">
        <ul className="flex min-w-0 flex-1 flex-col gap-1">
          {freezes.map((freeze) => (
            <li key={freeze.id} className="line-clamp-3 wrap-anywhere sm:line-clamp-2">
              <span className="font-medium">
                {freezeSubject(freeze)} {freeze.scope === 'person' ? 'are' : 'is'} frozen
              </span>{' '}
              <span className="text-meta text-soft">
                by {actorWords(freeze.createdBy)}, <Time at={freeze.createdAt} />: {freeze.reason}
              </span>
            </li>
          ))}
        </ul>
        <Link href="/admin/freezes" className="link flex-none self-start">
          {nextCursor ? 'All freezes' : 'Freezes'}
        </Link>
      </div>
    </section>
  );
}
