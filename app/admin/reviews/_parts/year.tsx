import { Link } from '#app/_ui/link';
import type { ReviewsView } from '#lib/reviews/list';
import type { ReviewView } from '#lib/reviews/views';
import { periodWords, states } from './marks.tsx';

const fills: Record<ReviewView['state'], string> = {
  signed_off: 'bg-good text-surface',
  open: 'bg-due text-surface',
  overdue: 'bg-bad text-surface',
  missed: 'bg-sunken text-soft',
};
/** Beside the colour, so that it is never alone. */
const letters: Record<ReviewView['state'], string> = { signed_off: '✓', open: '·', overdue: '!', missed: '×' };

const dayOf = (at: Date) => at.toISOString().slice(0, 10);

/** Each task with its reviews of the last year, one mark each. */
export function Year({ year }: { year: ReviewsView['year'] }) {
  return (
    <section aria-labelledby="year" className="card flex flex-col gap-4 p-5">
      <div>
        <h2 id="year" className="text-section font-semibold">
          The year at a glance
        </h2>
        <p className="text-meta text-soft">
          One mark for each review, the oldest first: ✓ signed off, · due, ! overdue, × missed.
        </p>
      </div>
      <dl className="flex flex-col gap-3">
        {year.map(({ task, title, period, reviews }) => (
          <div key={task} className="flex flex-col gap-1 lg:grid lg:grid-cols-[20rem_1fr] lg:gap-4">
            <dt>
              {title} <span className="text-meta text-soft">{periodWords[period]}</span>
            </dt>
            <dd className="min-w-0">
              {reviews.length === 0 ? (
                <span className="text-meta text-soft">None yet</span>
              ) : (
                <ol className="flex flex-wrap gap-1">
                  {reviews.map(({ id, state, dueAt, late }) => (
                    <li key={id}>
                      <Link
                        href={`/admin/reviews/${id}`}
                        title={`${dayOf(dueAt)}: ${states[state].word}${late ? ', late' : ''}`}
                        className={`tabular grid size-6 place-items-center rounded text-meta ${fills[state]}`}
                      >
                        <span aria-hidden="true">{letters[state]}</span>
                        <span className="sr-only">
                          Due {dayOf(dueAt)}, {states[state].word}
                        </span>
                      </Link>
                    </li>
                  ))}
                </ol>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
