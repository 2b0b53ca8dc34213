import { sql } from 'drizzle-orm';
import { beforeEach, expect, test } from 'vitest';
import { mailAlerts } from '#lib/alerts/mail-alerts';
import { systemContext } from '#lib/context';
import { alertProgress, alerts } from '#lib/db/schema/alerts';
import { alertClock } from '#tests/alerts';
import { describeWithConnections, sharedDatabase } from '#tests/database';
import { asNobody, createRuntime, plainRecord } from '#tests/hub';
import { smtpServer } from '#tests/servers/smtp-server';

const database = sharedDatabase();

beforeEach(async () => {
  for (const table of [alerts, alertProgress]) await database.db.delete(table);
  await database.db.execute(sql`truncate ledger`);
});

async function hub() {
  const smtp = await smtpServer();
  const plain = createRuntime(database.current, [plainRecord('http://127.0.0.1:1')]);
  const mail = { smtpUrl: smtp.url, from: 'hub@example.com' };
  const config = { ...plain.config, mail, alertEmails: ['ada@example.com', 'bob@example.com'] };
  const runtime = { ...plain, config };
  const clock = alertClock(runtime);
  const send = (minute: number) => mailAlerts(systemContext(runtime, 'jobs'), { now: clock.at(minute) });
  return { smtp, runtime, clock, send };
}

test('alerts that open together are one mail, and what goes on is none', async () => {
  const { smtp, clock, send } = await hub();
  await clock.evaluate(0);
  await clock.happened(1, { action: 'token.theft_suspected', provider: 'acme' });
  await clock.happened(1, { action: 'connection.needs_reconnect', provider: 'acme' });
  await clock.evaluate(2);
  await send(2);
  await clock.happened(3, { action: 'token.theft_suspected', provider: 'acme' });
  await clock.evaluate(4);
  await send(4);
  expect(smtp.mails).toHaveLength(1);
  const [mail] = smtp.mails;
  expect(mail).toMatchObject({ from: 'hub@example.com', to: ['ada@example.com', 'bob@example.com'] });
  const text = mail?.data.replace(/=\n/g, '') ?? '';
  expect(text).toContain('and 1 more');
  expect(text).toContain('/admin/alerts/alr_');
  expect(text).toContain('which service fetched a token, not which one used it');
});

test('a password is not said to a server that offers no TLS', async () => {
  const { smtp, runtime, clock } = await hub();
  await clock.evaluate(0);
  await clock.happened(1, { action: 'token.theft_suspected', provider: 'acme' });
  await clock.evaluate(2);
  const smtpUrl = smtp.url.replace('smtp://', 'smtp://ada:canary-password@');
  const config = { ...runtime.config, mail: { smtpUrl, from: 'hub@example.com' } };
  await mailAlerts(systemContext({ ...runtime, config }, 'jobs'), { now: clock.at(2) });
  expect(smtp.mails).toEqual([]);
  expect(smtp.heard.filter((line) => /^(?:AUTH|MAIL)/i.test(line))).toEqual([]);
  expect(smtp.heard.some((line) => /^EHLO/i.test(line))).toBe(true);
});

test('a mail that the server does not take comes later, once', async () => {
  const { smtp, runtime, clock, send } = await hub();
  smtp.behaviour.refuses = true;
  await clock.evaluate(0);
  await clock.happened(1, { action: 'token.theft_suspected', provider: 'acme' });
  await clock.evaluate(2);
  for (const minute of [2, 3, 4]) await send(minute);
  expect(runtime.logged.filter(({ event }) => event === 'alert_mail_not_sent')).toHaveLength(1);
  smtp.behaviour.refuses = false;
  for (const minute of [6, 7, 8, 20]) await send(minute);
  expect(smtp.mails).toHaveLength(1);
});

test('who is to be told by nobody’s wish is not told, and nobody but the process sends', async () => {
  const { smtp, runtime, clock } = await hub();
  const quiet = { ...runtime, config: { ...runtime.config, mail: undefined, alertEmails: [] } };
  await alertClock(quiet).evaluate(0);
  await clock.happened(1, { action: 'token.theft_suspected', provider: 'acme' });
  await alertClock(quiet).evaluate(2);
  await mailAlerts(systemContext(quiet, 'jobs'), { now: clock.at(2) });
  await mailAlerts(systemContext(runtime, 'jobs'), { now: clock.at(2) });
  expect(smtp.mails).toEqual([]);
  await expect(mailAlerts(asNobody(runtime))).rejects.toMatchObject({ code: 'forbidden' });
});

describeWithConnections('several processes', () => {
  test('send one mail between them', async () => {
    const { smtp, clock, send } = await hub();
    await clock.evaluate(0);
    await clock.happened(1, { action: 'token.theft_suspected', provider: 'acme' });
    await clock.evaluate(2);
    await Promise.all([send(2), send(2), send(2)]);
    expect(smtp.mails).toHaveLength(1);
  });
});
