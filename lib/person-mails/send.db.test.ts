import { eq, sql } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { evaluateAlerts } from '#lib/alerts/evaluate';
import { prepareBulkRevocation } from '#lib/bulk-revocation/prepare';
import { startBulkRevocation } from '#lib/bulk-revocation/start';
import { workBulkRevocations } from '#lib/bulk-revocation/work';
import { type Context, type Runtime, systemContext } from '#lib/context';
import { alertProgress } from '#lib/db/schema/alerts';
import { connections } from '#lib/db/schema/connections';
import { freezes } from '#lib/db/schema/freezes';
import { people } from '#lib/db/schema/people';
import { personMails } from '#lib/db/schema/person-mails';
import { disablePerson } from '#lib/people/disable';
import { purgePersonMails } from '#lib/person-mails/purge';
import { mailPeople } from '#lib/person-mails/send';
import { markNeedsReconnect } from '#lib/refresh/mark-needs-reconnect';
import { revokeConnection } from '#lib/revocation/revoke';
import { reachingNow } from '#tests/alerts';
import { describeWithConnections, sharedDatabase } from '#tests/database';
import {
  addConnection,
  addFreshAdministrator,
  addPerson,
  asNobody,
  createRuntime,
  entries,
  freeze,
  plainRecord,
  settle,
} from '#tests/hub';
import { smtpServer } from '#tests/servers/smtp-server';

const database = sharedDatabase();

beforeEach(async () => {
  for (const table of [personMails, alertProgress, freezes]) await database.db.delete(table);
});

const hour = 3_600_000;

async function hub(changed: Partial<Runtime['config']> = {}) {
  const smtp = await smtpServer();
  const plain = createRuntime(database.current, [plainRecord('http://127.0.0.1:1')]);
  const mail = { smtpUrl: smtp.url, from: 'hub@example.com' };
  const runtime = { ...plain, config: { ...plain.config, mail, ...changed } };
  const jobs = systemContext(runtime, 'jobs');
  const look = () => evaluateAlerts(jobs, { now: reachingNow() });
  // Earlier events are no news.
  await look();
  /** What follows a minute after an act, and so many hours later. */
  const send = (hours = 0) => mailPeople(jobs, { now: new Date(Date.now() + 60_000 + hours * hour) });
  const tell = async () => {
    await settle(runtime);
    await look();
    await send();
  };
  const { id: personId, ctx } = await addPerson(runtime, { email: `ada-${Math.random()}@example.com` });
  const connect = (label = 'ada') => addConnection(runtime, { personId, values: { label } });
  const breakIt = (id: string) =>
    markNeedsReconnect(jobs, { personId, id }, { provider: 'acme', generation: 1 }, 'token_rejected');
  const texts = () => smtp.mails.map(({ data }) => data.replace(/=\n/g, '').replace(/=3D/g, '='));
  const states = async () => (await database.db.select().from(personMails)).map(({ state }) => state).sort();
  return { smtp, runtime, jobs, look, send, tell, personId, self: ctx(), connect, breakIt, texts, states };
}

type Hub = Awaited<ReturnType<typeof hub>>;

/** What happens to one connection, and the words of the mail; null: none comes. */
const acts: [string, act: (h: Hub, id: string, admin: Context) => Promise<unknown>, words: string | null][] = [
  ['its person disconnects it', (h, id) => revokeConnection(h.self, { id }), null],
  [
    'an administrator disconnects it',
    (_, id, admin) => revokeConnection(admin, { id }),
    'An administrator disconnected this account.',
  ],
  [
    'the operator disconnects it',
    (h, id) => revokeConnection(h.jobs, { id }),
    'The operator disconnected this account.',
  ],
  [
    'a bulk revocation ends it',
    async (h, id, admin) => {
      const bulk = await prepareBulkRevocation(admin, { ids: [id] });
      await startBulkRevocation(admin, { id: bulk.id, reason: 'incident', expected: 1 });
      await workBulkRevocations(h.jobs);
    },
    'many accounts at once',
  ],
  [
    'its person is disabled',
    (h, _, admin) => disablePerson(admin, { id: h.personId, reason: 'left' }),
    'An administrator ended your access here.',
  ],
  ['its provider ended it', (h, id) => h.breakIt(id), 'Acme no longer accepts the access that it gave.'],
];

describe('S-10 mails to the person', () => {
  test.each(acts)('where %s', async (_, act, words) => {
    const h = await hub();
    const id = await h.connect();
    await act(h, id, await addFreshAdministrator(h.runtime));
    await h.tell();
    for (const again of [0, 1]) await h.send(again);
    expect(h.smtp.mails).toHaveLength(words === null ? 0 : 1);
    if (words === null) return;
    expect(h.texts()[0]).toContain(words);
    expect(h.texts()[0]).toContain(`http://localhost:3000/connections/${id}`);
    expect(h.texts()[0]).not.toContain(`at_${id}`);
    expect((await entries(h.runtime, id)).filter(({ action }) => action === 'person.mailed')).toHaveLength(1);
  });

  test('a slice that is read again tells nothing twice', async () => {
    const h = await hub();
    const id = await h.connect();
    const before = new Date();
    await h.breakIt(id);
    await h.tell();
    await database.db.update(alertProgress).set({ readTo: before, hoursFrom: null });
    await h.tell();
    expect(h.smtp.mails).toHaveLength(1);
  });

  test('several accounts are one mail', async () => {
    const h = await hub();
    for (const label of ['ada', 'ada-work']) await h.breakIt(await h.connect(label));
    await h.tell();
    expect(h.texts()).toHaveLength(1);
    expect(h.texts()[0]).toContain('Subject: Reconnect 2 of your accounts');
  });

  test('a server that refuses gets the same mail later, once, and the verb did not wait for it', async () => {
    const h = await hub();
    h.smtp.behaviour.refuses = true;
    await h.breakIt(await h.connect());
    await h.tell();
    expect(h.runtime.logged.filter(({ event }) => event === 'person_mail_not_sent')).toHaveLength(1);
    const [row] = await database.db.select().from(personMails);
    h.smtp.behaviour.refuses = false;
    for (const hours of [0, 1, 2]) await h.send(hours);
    expect(h.texts()).toHaveLength(1);
    expect(h.texts()[0]).toContain(`Message-ID: <${row?.mailId}@localhost>`);
  });

  test('a mail that no server took for three days is given up', async () => {
    const h = await hub();
    h.smtp.behaviour.refuses = true;
    await h.breakIt(await h.connect());
    await h.tell();
    await h.send(80);
    expect(await h.states()).toEqual(['given_up']);
  });

  /** What became true before the mail went out; the mail, and the state of the row. */
  const changes: [string, (h: Hub, id: string) => Promise<unknown>, mails: number, state: string][] = [
    [
      'no address is known',
      (h) => database.db.update(people).set({ email: null }).where(eq(people.id, h.personId)),
      0,
      'dropped',
    ],
    [
      'the address is a list',
      (h) => database.db.update(people).set({ email: 'a@x.example, b@x.example' }).where(eq(people.id, h.personId)),
      0,
      'dropped',
    ],
    [
      'the person was disabled',
      (h) => database.db.update(people).set({ disabledAt: sql`now()` }).where(eq(people.id, h.personId)),
      0,
      'dropped',
    ],
    [
      'it works again',
      (_, id) => database.db.update(connections).set({ status: 'connected' }).where(eq(connections.id, id)),
      0,
      'dropped',
    ],
    ['the connection is frozen', (h, id) => freeze(h.runtime, 'connection', id), 0, 'pending'],
    ['everything is frozen', (h) => freeze(h.runtime, 'everything'), 0, 'pending'],
    ['nothing else', async () => {}, 1, 'sent'],
  ];
  test.each(changes)('a mail that asks to reconnect, where %s', async (_, change, mails, state) => {
    const h = await hub();
    const id = await h.connect();
    await h.breakIt(id);
    await h.look();
    await change(h, id);
    await h.send();
    expect(h.smtp.mails).toHaveLength(mails);
    expect(await h.states()).toEqual([state]);
    if (state !== 'pending') return;
    await database.db.delete(freezes);
    await h.send(1);
    expect(await h.states()).toEqual(['sent']);
  });

  test('a connection that breaks again within the day is told once', async () => {
    const h = await hub();
    const id = await h.connect();
    for (let times = 0; times < 2; times++) {
      await database.db.update(connections).set({ status: 'connected' }).where(eq(connections.id, id));
      await h.breakIt(id);
      await h.tell();
    }
    expect(await h.states()).toEqual(['dropped', 'sent']);
  });

  test('the operator turns each off, and without a mail server nothing is kept', async () => {
    for (const changed of [{ personMails: ['connected' as const] }, { personMails: [] }, { mail: undefined }]) {
      const h = await hub(changed);
      await h.breakIt(await h.connect());
      await h.tell();
      expect(await h.states()).toEqual([]);
      expect(h.smtp.mails).toEqual([]);
    }
  });

  test('only the process itself sends; what is over for long is removed', async () => {
    const h = await hub();
    await expect(mailPeople(asNobody(h.runtime))).rejects.toMatchObject({ code: 'forbidden' });
    await h.breakIt(await h.connect());
    await h.tell();
    await purgePersonMails(h.jobs);
    expect(await h.states()).toEqual(['sent']);
    await database.db.update(personMails).set({ endedAt: sql`now() - interval '31 days'` });
    await purgePersonMails(h.jobs);
    expect(await h.states()).toEqual([]);
  });
});

describeWithConnections('several processes', () => {
  test('send one mail between them', async () => {
    const h = await hub();
    await h.breakIt(await h.connect());
    await h.look();
    await Promise.all([h.send(), h.send(), h.send()]);
    expect(h.smtp.mails).toHaveLength(1);
  });
});
