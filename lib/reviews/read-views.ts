import type { Findings, reviews } from '#lib/db/schema/reviews';
import { taskOf } from '#lib/reviews/task-list';
import type { ReviewState, ReviewView } from '#lib/reviews/views';

export type ReviewRow = typeof reviews.$inferSelect;

function stateOf({ signedOffAt, missedAt, dueAt }: ReviewRow, now: Date): ReviewState {
  if (signedOffAt) return 'signed_off';
  if (missedAt) return 'missed';
  return dueAt < now ? 'overdue' : 'open';
}

const countsOf = ({ items }: Findings) => ({
  attention: items.filter(({ result }) => result === 'attention').length,
  unknown: items.filter(({ result }) => result === 'unknown').length,
  fine: items.filter(({ result }) => result === 'fine').length,
});

/** A row as lists show it. */
export function toReviewView(row: ReviewRow, now: Date, nameOf: (id: string) => string | null): ReviewView {
  return {
    id: row.id,
    task: row.task,
    title: taskOf(row.task)?.title ?? row.task,
    period: row.period,
    state: stateOf(row, now),
    periodStart: row.periodStart,
    dueAt: row.dueAt,
    owner: row.owner === null ? null : { id: row.owner, name: nameOf(row.owner) },
    findingsAt: row.findingsAt,
    counts: row.findings && countsOf(row.findings),
    signedOffAt: row.signedOffAt,
    late: row.signedOffAt !== null && row.signedOffAt > row.dueAt,
  };
}
