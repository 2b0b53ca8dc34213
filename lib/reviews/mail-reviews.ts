import { and, eq, sql } from 'drizzle-orm';
import type { Config } from '#lib/config/config';
import type { Context } from '#lib/context';
import { databaseNow } from '#lib/db/clock';
import { rowsOf } from '#lib/db/database';
import { reviews } from '#lib/db/schema/reviews';
import { AppError } from '#lib/errors';
import { mailErrorCode, sendMail } from '#lib/outbound/send-mail';
import { type Clock, isOpen } from '#lib/reviews/open-reviews';
import { moment } from '#lib/reviews/rows';
import { taskOf } from '#lib/reviews/task-list';

/** Seconds after which a mail is tried again, if the server did not take it or its process died over it. */
const againAfterSeconds = 300;
const mostInOne = 50;

interface Due extends Record<string, unknown> {
  id: string;
  task: string;
  due_at: Date | string;
  /** The owner's address; null where there is no owner who can be told. */
  email: string | null;
}

/** The mail to one owner: which reviews, until when, and where. No findings, so that a mailbox learns none. */
function composeReviewMail(config: Config, due: readonly Due[], now: Date): { subject: string; text: string } {
  const overdue = due.filter(({ due_at }) => new Date(due_at) <= now).length;
  const lines = due.map(({ id, task, due_at }) => {
    const until = new Date(due_at);
    const link = new URL(`/admin/reviews/${id}`, config.appUrl).href;
    return `${until <= now ? 'OVERDUE since' : 'Due on'} ${until.toISOString().slice(0, 10)}: ${taskOf(task)?.title ?? task}\n${link}`;
  });
  const reviewWord = due.length === 1 ? '1 review' : `${due.length} reviews`;
  return {
    subject: `[Grantkeep] ${reviewWord}${overdue > 0 ? `, ${overdue} overdue` : ''}`,
    text: `${lines.join('\n\n')}\n\nThe hub sends a mail when a review opens and when its date passes. All reviews: ${new URL('/admin/reviews', config.appUrl).href}\n`,
  };
}

async function claim(ctx: Context, now: Date): Promise<Due[]> {
  return rowsOf<Due>(
    await ctx.database.db.execute(sql`
      with due as (select id from reviews where mail_due_at <= ${moment(now)} and ${isOpen}
        order by mail_due_at, id limit ${mostInOne} for update skip locked)
      update reviews set mail_due_at = ${moment(now)} + make_interval(secs => ${againAfterSeconds}::float8)
      from due where reviews.id = due.id
      returning reviews.id, reviews.task, reviews.due_at, (select email from people
        where people.id = reviews.owner and people.disabled_at is null and people.deleted_at is null) as email`),
  );
}

/** After a mail the next is due when the review's date passes, and none after that. */
async function told(ctx: Context, due: readonly Due[], now: Date): Promise<void> {
  for (const { id, due_at } of due) {
    const next = new Date(due_at) > now ? new Date(due_at) : null;
    await ctx.database.db
      .update(reviews)
      .set({ mailDueAt: next })
      .where(and(eq(reviews.id, id), isOpen));
  }
}

/**
 * Tells owners which reviews are due, a mail for each owner; reviews without an owner go to `ALERT_EMAILS`.
 * @throws AppError `forbidden` unless this process itself asks
 */
export async function mailReviews(ctx: Context, { now: given }: Clock = {}): Promise<void> {
  if (ctx.actor.type !== 'system') throw new AppError('forbidden');
  const { mail, alertEmails } = ctx.config;
  if (!mail) return;
  const now = given ?? (await databaseNow(ctx.database.db));
  const byReceiver = Map.groupBy(await claim(ctx, now), ({ email }) => email);
  for (const [email, due] of byReceiver) {
    const to = email === null ? [...alertEmails] : [email];
    try {
      if (to.length > 0) await sendMail(mail, { to, ...composeReviewMail(ctx.config, due, now) });
      await told(ctx, due, now);
    } catch (error) {
      ctx.log.warn({ event: 'review_mail_not_sent', error_code: mailErrorCode(error), reviews: due.length });
    }
  }
}
