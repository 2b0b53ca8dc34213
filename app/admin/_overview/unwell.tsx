import { CircleCheck } from '#app/_ui/icons';
import type { LastDayView } from '#lib/overview/last-day';
import { dayAddress } from './addresses.ts';
import { Figure } from './figure.tsx';

/** So many kinds are listed; the ledger has the rarer ones. */
const listed = 10;

/** What was refused or failed within the day, by kind, the most frequent first. */
export function Unwell({ day }: { day: LastDayView }) {
  if (!day.countedTo) return <p className="card p-4 text-soft">Nothing has been counted yet.</p>;
  if (day.unwell.length === 0)
    return (
      <div className="card flex items-center gap-3 p-4">
        <CircleCheck aria-hidden="true" className="size-5 flex-none text-good" />
        <p>Nothing was refused, and nothing failed.</p>
      </div>
    );
  return (
    <ul className="card overflow-clip">
      {day.unwell.slice(0, listed).map(({ action, sentence, outcome, count }) => (
        <li
          key={`${action} ${outcome}`}
          className="flex items-baseline justify-between gap-4 border-t border-line px-4 py-2 first:border-t-0"
        >
          <span className="min-w-0 wrap-anywhere">
            {sentence}
            {!sentence.endsWith(outcome) && <span className="text-meta text-soft"> {outcome}</span>}
          </span>
          <Figure
            counted={count}
            href={dayAddress(day, { action, outcome })}
            label={sentence.endsWith(outcome) ? sentence : `${sentence}, ${outcome}`}
          />
        </li>
      ))}
      {day.unwell.length > listed && (
        <li className="border-t border-line px-4 py-2 text-meta text-soft">
          And {day.unwell.length - listed} more kinds that were rarer.
        </li>
      )}
    </ul>
  );
}
