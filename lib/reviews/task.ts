import type { Context } from '#lib/context';
import type { Finding, ReviewPeriod } from '#lib/db/schema/reviews';

/** The time that a review's findings are about. */
export interface Span {
  from: Date;
  to: Date;
}

/** A task of the playbook, as data and one function that finds what its reviewer has to know. */
export interface ReviewTask {
  id: string;
  period: ReviewPeriod;
  title: string;
  /** What the reviewer does with the findings. */
  about: string;
  /** Finds what the reviewer has to know. It reads in small statements, and changes nothing. */
  find(ctx: Context, span: Span): Promise<Finding[]>;
}
