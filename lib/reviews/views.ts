import type { Finding, Findings, ReviewPeriod } from '#lib/db/schema/reviews';

/** A person with the name that they have now; null where there is none any more. */
export interface Somebody {
  id: string;
  name: string | null;
}

export type ReviewState = 'open' | 'overdue' | 'signed_off' | 'missed';

/** A review as lists show it. */
export interface ReviewView {
  id: string;
  task: string;
  title: string;
  period: ReviewPeriod;
  state: ReviewState;
  periodStart: Date;
  dueAt: Date;
  owner: Somebody | null;
  findingsAt: Date | null;
  /** How many findings of each kind; null before they were computed. */
  counts: Record<Finding['result'], number> | null;
  signedOffAt: Date | null;
  /** Signed off after its date. */
  late: boolean;
}

/** A review with everything that its page shows. */
export interface ReviewDetailView extends ReviewView {
  about: string;
  findings: Findings | null;
  /** Whether the findings are of the last day, so that the review may be signed off. */
  fresh: boolean;
  signedOffBy: Somebody | null;
  note: string | null;
  /** Earlier reviews of the same task, the last first. */
  history: ReviewView[];
}
