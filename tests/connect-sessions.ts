import { eq } from 'drizzle-orm';
import { connectSessions } from '#lib/db/schema/connect-sessions';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';
import type { addApplication } from '#tests/application';
import { demoHub } from '#tests/demo-hub';
import { Visitor } from '#tests/visitor';

export type App = Awaited<ReturnType<typeof addApplication>>;
export type Session = Awaited<ReturnType<App['begin']>>;

/** A hub with demo servers, and what browsers and tests do about connect sessions there. */
export function connectSessionHub() {
  const hub = demoHub(['demo', 'google', 'github']);
  let accounts = 0;
  /** An account that no other connection is to: a grant beside a live one of the same account is held for an administrator. */
  const anAccount = () => `account-${accounts++}@example.com`;

  /** Follows the link in a browser, grants at the provider, and answers the address that the browser is led to. */
  async function grant(
    { token }: Session,
    { browser = new Visitor(hub.runtime), provider = 'google', account = anAccount() } = {},
  ): Promise<URL> {
    const started = await browser.start({ intent: 'connect', provider, connect_session: token });
    const answer = await browser.callback(await browser.authorize(started, { account }));
    return new URL(answer.headers.get('location') ?? '', 'http://hub.invalid');
  }

  const statusOf = async (id: string) =>
    (await hub.database.db.select().from(connectSessions).where(eq(connectSessions.id, id)))[0];
  return {
    hub,
    grant,
    statusOf,
    personOf: async (session: Session) => (await statusOf(session.id))?.personId ?? '',
    connectionsOf: (personId: string) =>
      hub.database.db.select().from(connections).where(eq(connections.personId, personId)),
    revokedAnswers: async (personId: string) => {
      await Promise.all(hub.runtime.background);
      return hub.database.db
        .select({ state: revocations.state, refused: revocations.refused })
        .from(revocations)
        .where(eq(revocations.personId, personId));
    },
  };
}
