import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { isUnder, standingFreezes } from '#lib/connections/freezes';
import type { Context } from '#lib/context';
import { lockFor } from '#lib/db/advisory-locks';
import { databaseNow } from '#lib/db/clock';
import { type Db, rowsOf } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { personMails } from '#lib/db/schema/person-mails';
import { AppError } from '#lib/errors';
import { requireAdministrator, requireReader } from '#lib/guards/require';
import { newId, personOfConnection } from '#lib/ids';
import { recordAll } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { quietHours } from '#lib/person-mails/send';
import { askedPrefix } from '#lib/person-mails/words';
import { transactAs } from '#lib/sign-in/transact-as';

/** Connections of one request. More need a second one. */
const mostAsked = 500;
/** Connections that are counted. */
const mostCounted = 10_000;

/** One connection, or all of a provider. */
type About = { connection: string } | { provider: string };

/**
 * Whether the person of a connection can be asked: `lately` were mailed within a day, an `application` asks its own people, the
 * others cannot be reached.
 */
type Reach = 'askable' | 'lately' | 'no_address' | 'disabled' | 'frozen' | 'application';

const { personId, id, provider, status, statusReason } = connections;

/** The connections that need their person, with the reach of each. */
async function needing(db: Db, about: About): Promise<SQL> {
  const freezes = await standingFreezes(db);
  const which =
    'connection' in about
      ? sql`${personId} = ${personOfConnection(about.connection) ?? ''} and ${id} = ${about.connection}`
      : sql`${provider} = ${about.provider}`;
  return sql`select ${personId} as person_id, ${id} as id, ${provider} as provider, ${statusReason} as reason,
      case when p.disabled_at is not null or p.deleted_at is not null then 'disabled'
        when p.application_id is not null then 'application'
        when coalesce(p.email, '') !~ '^[^[:space:]<>@,;:"()]+@[^[:space:]<>@,;:"()]+$' then 'no_address'
        when ${isUnder(freezes)} then 'frozen'
        when exists (select 1 from person_mails m where m.person_id = ${personId} and m.event = 'needs_reconnect'
          and m.state in ('pending', 'sent') and coalesce(m.ended_at, m.occurred_at)
            > clock_timestamp() - make_interval(hours => ${quietHours}::int)) then 'lately'
        else 'askable' end as reach
    from ${connections} join people p on p.id = ${personId}
    where ${status} = 'needs_reconnect' and ${which} limit ${mostCounted}`;
}

/** How many connections need their person, and how many of these people can be asked by mail now. */
export interface ReconnectCounts {
  connections: number;
  people: number;
  /** What one request would mail. */
  askable: { connections: number; people: number };
  /** People whom nothing is sent, by the reason. */
  without: Record<Exclude<Reach, 'askable'>, number>;
  /** Mail is set up, and `PERSON_MAILS` has `needs_reconnect`. */
  canMail: boolean;
}

interface Counted extends Record<string, unknown> {
  reach: Reach;
  connections: number;
  people: number;
}

const canMail = ({ config }: Context): boolean =>
  config.mail !== undefined && config.personMails.includes('needs_reconnect');

async function count(db: Db, ctx: Context, about: About): Promise<ReconnectCounts> {
  const rows = rowsOf<Counted>(
    await db.execute(sql`select reach, count(*)::int as connections, count(distinct person_id)::int as people
      from (${await needing(db, about)}) needing group by reach`),
  );
  const of = (reach: Reach) => rows.find((row) => row.reach === reach) ?? { connections: 0, people: 0 };
  const { connections: askable, people } = of('askable');
  return {
    connections: rows.reduce((sum, row) => sum + row.connections, 0),
    people: rows.reduce((sum, row) => sum + row.people, 0),
    askable: { connections: Math.min(askable, mostAsked), people: Math.min(people, mostAsked) },
    without: {
      lately: of('lately').people,
      no_address: of('no_address').people,
      disabled: of('disabled').people,
      frozen: of('frozen').people,
      application: of('application').people,
    },
    canMail: canMail(ctx),
  };
}

/** Counts whom a mail would ask to reconnect. @throws AppError `unauthenticated`, `forbidden` */
export async function countReconnects(ctx: Context, about: About): Promise<ReconnectCounts> {
  requireReader(ctx);
  return count(ctx.database.db, ctx, about);
}

export const askReconnectInput = z.union([
  z.object({ connection: z.string().max(64) }),
  z.object({
    provider: z.string().min(1).max(64),
    /** The number of connections that the administrator read. */
    expected: z.coerce.number().int().min(1).max(mostAsked),
  }),
]);
export type AskReconnectInput = z.input<typeof askReconnectInput>;

interface Needing extends Record<string, unknown> {
  person_id: string;
  id: string;
  provider: string;
  reason: string | null;
}

/**
 * Asks people by mail to reconnect, one connection or all of a provider that need it. A person whom a mail asked within
 * a day is not asked again. The tick sends the mails; the ledger has who asked, for each connection.
 * @throws AppError `unauthenticated`, `person_disabled`, `forbidden`, `invalid_request`; `conflict` where no mail is set
 *   up, no person can be asked, or more connections need it than expected
 */
export async function askToReconnect(ctx: Context, input: AskReconnectInput): Promise<{ connections: number }> {
  requireAdministrator(ctx);
  const about = parseInput(askReconnectInput, input);
  if (!canMail(ctx)) throw new AppError('conflict', { message: 'This hub sends no mails that ask to reconnect.' });
  return transactAs(ctx, async (tx) => {
    // Two requests at once would both find that a person was not asked.
    await lockFor(tx, 'person_mails');
    const rows = rowsOf<Needing>(
      await tx.execute(sql`select * from (${await needing(tx, about)}) needing where reach = 'askable'
        order by person_id, id limit ${mostAsked}`),
    );
    if (rows.length === 0) throw new AppError('conflict', { message: 'There is no person whom a mail could ask now.' });
    if ('expected' in about && rows.length > about.expected)
      throw new AppError('conflict', { message: `By now it is ${rows.length} connections. Look at the number again.` });
    const now = await databaseNow(tx);
    await tx.insert(personMails).values(
      rows.map((row) => ({
        ...{ id: newId('pml'), personId: row.person_id, connectionId: row.id, provider: row.provider },
        ...{ event: 'needs_reconnect' as const, reason: `${askedPrefix}${row.reason ?? 'unknown'}` },
        ...{ occurredAt: now, dueAt: now },
      })),
    );
    await recordAll(
      tx,
      ctx,
      rows.map((row) => ({
        action: 'connection.reconnect_asked',
        personId: row.person_id,
        connectionId: row.id,
        provider: row.provider,
      })),
    );
    return { connections: rows.length };
  });
}
