import { eq, inArray, type SQL, sql } from 'drizzle-orm';
import { standingFreezes } from '#lib/connections/freezes';
import { isFrozen } from '#lib/connections/frozen';
import type { Context } from '#lib/context';
import { databaseNow } from '#lib/db/clock';
import { rowsOf, withTransaction } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { type PersonMailEvent, personMails } from '#lib/db/schema/person-mails';
import { AppError } from '#lib/errors';
import { recordAll } from '#lib/ledger/record';
import { isAddress, mailErrorCode, sendMail } from '#lib/outbound/send-mail';
import { composePersonMail } from '#lib/person-mails/compose';
import { askedPrefix } from '#lib/person-mails/words';

/** Seconds after which a mail is tried again, if the server did not take it or its process died over it; they double. */
const againAfterSeconds = 300;
const longestPauseSeconds = 6 * 3600;
/** Hours for which a mail is tried. Older news is on the page. */
const patienceHours = 72;
/** A person hears once in so many hours that a connection needs them, however often it breaks. */
export const quietHours = 24;
/** People of one claim. */
const peopleAtOnce = 20;
/** Seconds of one tick. */
const roundSeconds = 20;

interface Due extends Record<string, unknown> {
  id: string;
  person_id: string;
  connection_id: string;
  provider: string;
  event: PersonMailEvent;
  reason: string;
  occurred_at: Date | string;
  mail_id: string;
  email: string | null;
  disabled: boolean | null;
  label: string | null;
  status: string | null;
  frozen: boolean | null;
  told_lately: boolean;
  too_late: boolean;
}

/** What becomes of a row: it is mailed, waits, or is over. */
type Fate = 'send' | 'wait' | 'dropped' | 'given_up';

/** Says by the present state what becomes of the news: news that is no longer true is dropped. */
function fateOf({ event, reason, email, disabled, status, frozen, told_lately, too_late }: Due): Fate {
  if (too_late) return 'given_up';
  if (!isAddress(email)) return 'dropped';
  if (event === 'disconnected') return 'send';
  // These lead to a page that only a sign-in opens.
  if (disabled) return 'dropped';
  if (event === 'connected' || event === 'incident') return 'send';
  if (status !== 'needs_reconnect') return 'dropped';
  if (frozen) return 'wait';
  return told_lately && !reason.startsWith(askedPrefix) ? 'dropped' : 'send';
}

const seconds = (count: number | SQL) => sql`make_interval(secs => (${count})::float8)`;

async function claim(ctx: Context, now: Date): Promise<Due[]> {
  const at = sql`${now.toISOString()}::timestamptz`;
  const pause = sql`least(${againAfterSeconds}::float8 * power(2, least(m.attempts, 10)), ${longestPauseSeconds}::float8)`;
  const claimed = sql`
    update person_mails m set attempts = m.attempts + 1, due_at = ${at} + ${seconds(pause)},
      mail_id = coalesce(m.mail_id, 'mail_' || substr(m.person_id, 5) || '_' || (extract(epoch from ${at}) * 1000)::bigint)
    from (select id from person_mails where due_at <= ${at} and person_id in
        (select person_id from person_mails where due_at <= ${at} order by due_at limit ${peopleAtOnce})
      for update skip locked) due
    where m.id = due.id returning m.*`;
  return rowsOf<Due>(
    await ctx.database.db.execute(sql`with m as (${claimed})
      select m.id, m.person_id, m.connection_id, m.provider, m.event, m.reason, m.occurred_at, m.mail_id,
        ${people.email} as email, (${people.disabledAt} is not null or ${people.deletedAt} is not null) as disabled,
        ${connections.label} as label, ${connections.status} as status, ${isFrozen} as frozen,
        exists (select 1 from person_mails told where told.person_id = m.person_id and told.id <> m.id
          and told.connection_id = m.connection_id and told.event = 'needs_reconnect' and told.state = 'sent'
          and told.ended_at > ${at} - make_interval(hours => ${quietHours}::int)) as told_lately,
        m.occurred_at < ${at} - make_interval(hours => ${patienceHours}::int) as too_late
      from m left join ${people} on ${people.id} = m.person_id
        left join ${connections} on ${connections.personId} = m.person_id and ${connections.id} = m.connection_id
      order by m.occurred_at, m.id`),
  );
}

async function end(ctx: Context, rows: readonly Due[], state: 'sent' | 'dropped' | 'given_up', now: Date) {
  if (rows.length === 0) return;
  await withTransaction(ctx.database.db, async (tx) => {
    const ids = rows.map(({ id }) => id);
    await tx.update(personMails).set({ state, dueAt: null, endedAt: now }).where(inArray(personMails.id, ids));
    if (state !== 'sent') return;
    const entries = rows.map(({ person_id, connection_id, provider, event, reason }) => ({
      ...{ action: 'person.mailed' as const, personId: person_id, connectionId: connection_id, provider },
      details: { event, reason },
    }));
    await recordAll(tx, ctx, entries);
  });
}

/** Sends one mail; false where the server did not take it. */
async function sendOne(ctx: Context, rows: readonly Due[], now: Date): Promise<boolean> {
  const [first] = rows;
  const { mail, appUrl } = ctx.config;
  if (!first || !mail || !isAddress(first.email)) return true;
  // An event and what an administrator asked about it in the same minute are one line.
  const lines = new Map(rows.map((row) => [`${row.event} ${row.connection_id}`, row]));
  const news = [...lines.values()].map((row) => ({
    ...{ event: row.event, reason: row.reason, connectionId: row.connection_id, label: row.label },
    ...{ provider: ctx.providers.get(row.provider)?.name ?? row.provider, occurredAt: new Date(row.occurred_at) },
  }));
  try {
    const messageId = `<${first.mail_id}@${appUrl.hostname}>`;
    await sendMail(mail, { to: [first.email], messageId, ...composePersonMail(ctx.config, news) });
  } catch (error) {
    ctx.log.warn({ event: 'person_mail_not_sent', person: first.person_id, error_code: mailErrorCode(error) });
    return false;
  }
  await end(ctx, rows, 'sent', now);
  return true;
}

/** Claims and sends the next mails; false where nothing is due, or the server takes none. */
async function sendSome(ctx: Context, now: Date): Promise<boolean> {
  const due = await claim(ctx, now);
  if (due.length === 0) return false;
  const byFate = Map.groupBy(due, fateOf);
  for (const fate of ['dropped', 'given_up'] as const) await end(ctx, byFate.get(fate) ?? [], fate, now);
  // Time under a freeze is no failed try.
  for (const { id } of byFate.get('wait') ?? [])
    await ctx.database.db.update(personMails).set({ attempts: 0 }).where(eq(personMails.id, id));
  const mails = [...Map.groupBy(byFate.get('send') ?? [], ({ mail_id }) => mail_id).values()];
  let taken = mails.length === 0;
  for (const rows of mails) taken = (await sendOne(ctx, rows, now)) || taken;
  return taken;
}

/**
 * Tells people of their connections, a mail for all that is new to one of them. A mail that the server does not take is
 * tried again, with the same Message-ID. Nothing is sent while everything is frozen: a restored database would tell old
 * news.
 * @throws AppError `forbidden` unless this process itself asks
 */
export async function mailPeople(
  ctx: Context,
  { now: given, signal }: { now?: Date; signal?: AbortSignal | undefined } = {},
): Promise<void> {
  if (ctx.actor.type !== 'system') throw new AppError('forbidden');
  if (!ctx.config.mail || (await standingFreezes(ctx.database.db)).everything) return;
  const begun = performance.now();
  const isOver = () => signal?.aborted || performance.now() - begun > roundSeconds * 1000;
  while (!isOver()) if (!(await sendSome(ctx, given ?? (await databaseNow(ctx.database.db))))) return;
}
