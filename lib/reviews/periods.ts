import type { ReviewPeriod } from '#lib/db/schema/reviews';

const dayMs = 86_400_000;
/** Days that a change leaves for its review. */
const changeDays = 7;
const weekMs = 7 * dayMs;
const mondayBefore1970 = -3 * dayMs;

const monthsOf = { monthly: 1, quarterly: 3 } as const;

/** When the period began that a moment lies in: Monday, the first of a month or of a quarter, 00:00 UTC. */
export function periodStart(period: Exclude<ReviewPeriod, 'on_change'>, at: Date): Date {
  if (period === 'weekly') {
    const weeks = Math.floor((at.getTime() - mondayBefore1970) / weekMs);
    return new Date(mondayBefore1970 + weeks * weekMs);
  }
  const months = monthsOf[period];
  return new Date(Date.UTC(at.getUTCFullYear(), Math.floor(at.getUTCMonth() / months) * months, 1));
}

/** When the period ends that began then. Of a change: a week later. */
export function periodEnd(period: ReviewPeriod, start: Date): Date {
  if (period === 'weekly') return new Date(start.getTime() + weekMs);
  if (period === 'on_change') return new Date(start.getTime() + changeDays * dayMs);
  return new Date(Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + monthsOf[period], 1));
}

/** One period earlier: how far back the findings of a first review reach. */
export function periodBefore(period: ReviewPeriod, at: Date): Date {
  const days = { weekly: 7, monthly: 31, quarterly: 92, on_change: changeDays };
  return new Date(at.getTime() - days[period] * dayMs);
}
