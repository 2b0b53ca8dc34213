import { CircleCheck } from '#app/_ui/icons';
import { Time } from '#app/_ui/time';
import type { LastDayView, UnwellView } from '#lib/overview/last-day';
import { dayAddress } from './addresses.ts';
import { Figure } from './figure.tsx';

/** So many kinds are listed; the ledger has the rarer ones. */
const listed = 10;

/** The charts of the same day count these too, so here they have the charts' names. */
const asInTheCharts: Record<string, string> = {
  'token.denied refused': 'Reads refused',
  'token.denied failed': 'Reads that failed',
  'token.refresh_failed failed': 'Failed refreshes',
};

function wordsOf({ action, outcome, sentence }: UnwellView): string {
  return asInTheCharts[`${action} ${outcome}`] ?? (sentence.endsWith(outcome) ? sentence : `${sentence}, ${outcome}`);
}

/** What was refused or failed within the day, by kind, the most frequent first. */
export function Unwell({ day }: { day: LastDayView }) {
  if (!day.countedTo) return <p className="card p-4 text-soft">Nothing has been counted yet.</p>;
  if (day.unwell.length === 0)
    return (
      <div className="card flex items-center gap-3 p-4">
        <CircleCheck aria-hidden="true" className="size-5 flex-none text-good" />
        <p>
          Nothing was refused, and nothing failed. <CountedTo at={day.countedTo} />
        </p>
      </div>
    );
  return (
    <>
      <ul className="card overflow-clip">
        {day.unwell.slice(0, listed).map((one) => (
          <li
            key={wordsOf(one)}
            className="flex items-baseline justify-between gap-4 border-t border-line px-4 py-2 first:border-t-0"
          >
            <span className="min-w-0 wrap-anywhere">{wordsOf(one)}</span>
            <Figure
              counted={one.count}
              href={dayAddress(day, { action: one.action, outcome: one.outcome })}
              label={wordsOf(one)}
            />
          </li>
        ))}
        {day.unwell.length > listed && (
          <li className="border-t border-line px-4 py-2 text-meta text-soft">
            And {day.unwell.length - listed} more kinds that were rarer.
          </li>
        )}
      </ul>
      <p className="mt-2 text-meta text-soft">
        <CountedTo at={day.countedTo} />
      </p>
    </>
  );
}

/** Says beside the number which events it leaves out. */
function CountedTo({ at }: { at: Date }) {
  return (
    <span className="text-soft">
      Counted up to <Time at={at} />; newer events follow within a minute or two.
    </span>
  );
}
