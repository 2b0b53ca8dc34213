import { inArray, sql } from 'drizzle-orm';
import { ruleOf } from '#lib/alerts/rules';
import type { Config } from '#lib/config/config';
import type { Context } from '#lib/context';
import { databaseNow } from '#lib/db/clock';
import { rowsOf } from '#lib/db/database';
import { type AlertSeverity, alerts } from '#lib/db/schema/alerts';
import { AppError } from '#lib/errors';
import { mailErrorCode, sendMail } from '#lib/outbound/send-mail';

/** Seconds after which a mail is tried again, if the server did not take it or its process died over it. */
const againAfterSeconds = 300;
/** Hours for which a mail is tried: who reads it a day later is better served by the page. */
const patienceHours = 24;
const mostInOne = 50;

interface Due extends Record<string, unknown> {
  id: string;
  rule: string;
  subject: string;
  severity: AlertSeverity;
  count: number;
  /** It opened so long ago that no mail is sent any more. */
  too_late: boolean;
}

export interface MailInput {
  /** Replaces the database's clock. */
  now?: Date;
}

const worst = (due: Due[]) =>
  (['critical', 'warning', 'info'] as const).find((one) => due.some((d) => d.severity === one));

/** The mail that tells of alerts: what, how bad, and where to look. Ids only, so that a mailbox learns no names. */
function composeMail(config: Config, due: Due[]): { subject: string; text: string } {
  const titles = [...new Set(due.map(({ rule }) => ruleOf(rule)?.title ?? rule))];
  const more = titles.length > 1 ? ` and ${titles.length - 1} more` : '';
  const lines = due.map(({ id, rule, subject, severity, count }) => {
    const { title, about } = ruleOf(rule) ?? { title: rule, about: '' };
    const link = new URL(`/admin/alerts/${id}`, config.appUrl).href;
    return `${severity.toUpperCase()}: ${title}\nAbout: ${subject || 'the whole hub'}, ${count} so far\n${about}\n${link}`;
  });
  return {
    subject: `[Grantkeep] ${worst(due)}: ${titles[0]}${more}`,
    text: `${lines.join('\n\n')}\n\nThe hub sees which service fetched a token, not which one used it.\nThe hub sends this mail once, when an alert opens. All alerts: ${new URL('/admin/alerts', config.appUrl).href}\n`,
  };
}

async function claim(ctx: Context, now: Date): Promise<Due[]> {
  const at = sql`${now.toISOString()}::timestamptz`;
  const rows = await ctx.database.db.execute(sql`
    update alerts set mail_due_at = case when opened_at < ${at} - make_interval(hours => ${patienceHours}::int) then null
      else ${at} + make_interval(secs => ${againAfterSeconds}::float8) end
    where id in (select id from alerts where mail_due_at <= ${at} order by opened_at limit ${mostInOne} for update skip locked)
    returning id, rule, subject, severity, count, mail_due_at is null as too_late`);
  return rowsOf<Due>(rows).filter(({ too_late }) => !too_late);
}

/**
 * Tells of alerts that opened, by one mail for as many as there are. A mail that the server does not take is tried again.
 * @throws AppError `forbidden` unless this process itself asks
 */
export async function mailAlerts(ctx: Context, { now: given }: MailInput = {}): Promise<void> {
  if (ctx.actor.type !== 'system') throw new AppError('forbidden');
  const { mail, alertEmails } = ctx.config;
  if (!mail || alertEmails.length === 0) return;
  const due = await claim(ctx, given ?? (await databaseNow(ctx.database.db)));
  if (due.length === 0) return;
  try {
    await sendMail(mail, { to: alertEmails, ...composeMail(ctx.config, due) });
  } catch (error) {
    ctx.log.warn({ event: 'alert_mail_not_sent', error_code: mailErrorCode(error), alerts: due.length });
    return;
  }
  const sent = due.map(({ id }) => id);
  await ctx.database.db.update(alerts).set({ mailDueAt: null }).where(inArray(alerts.id, sent));
}
