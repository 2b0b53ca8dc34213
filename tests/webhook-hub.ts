import { createServer } from 'node:http';
import { sql } from 'drizzle-orm';
import { beforeEach, onTestFinished } from 'vitest';
import { alertCounts, alertProgress, alerts } from '#lib/db/schema/alerts';
import { connectionOutages, webhookEndpoints, webhookMessages } from '#lib/db/schema/webhooks';
import { freePort } from '#scripts/postgres-server';
import { alertClock } from '#tests/alerts';
import { sharedDatabase } from '#tests/database';
import { addFreshAdministrator, createRuntime, plainRecord } from '#tests/hub';
import { listenOnLoopback } from '#tests/servers/loopback';

interface Got {
  headers: Record<string, string>;
  body: string;
}

/** A receiver on loopback that can go down and come back at the same address; gone when the test is over. */
export async function webhookReceiver() {
  const got: Got[] = [];
  const answer = { status: 204, headers: {} as Record<string, string> };
  const hook = { refuse: (_: string) => false };
  let held = false;
  // It keeps its port while it is down.
  const port = await freePort();
  let stop: (() => Promise<void>) | undefined;
  const up = async () => {
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      if (held) return;
      got.push({ headers: request.headers as Record<string, string>, body });
      response.writeHead(hook.refuse(body) ? 503 : answer.status, answer.headers).end('not to be kept');
    });
    ({ close: stop } = await listenOnLoopback(server, { port }));
  };
  const down = async () => {
    await stop?.();
    stop = undefined;
  };
  await up();
  onTestFinished(down);
  return Object.assign(hook, {
    got,
    answer,
    /** From now on nothing is answered. */
    hold: () => {
      held = true;
    },
    up,
    down,
    url: `http://127.0.0.1:${port}/hook`,
    host: `127.0.0.1:${port}`,
  });
}

/**
 * A database and hubs on it that may send webhooks to receivers on loopback; emptied before each test. Call it at the
 * top of a file.
 */
export function webhookHub() {
  const database = sharedDatabase();

  beforeEach(async () => {
    const { db } = database;
    for (const table of [webhookMessages, webhookEndpoints, connectionOutages, alerts, alertCounts, alertProgress])
      await db.delete(table);
    await db.execute(sql`truncate ledger`);
  });

  /** A hub with an operator who allows webhooks to these hosts, its administrator, and the clock of its ledger. */
  async function hubWith(...hosts: string[]) {
    const plain = createRuntime(database.current, [plainRecord('http://127.0.0.1:1')]);
    const runtime = { ...plain, config: { ...plain.config, webhookInternalHosts: hosts } };
    return { runtime, admin: await addFreshAdministrator(runtime), clock: alertClock(runtime) };
  }

  return { database, receiver: webhookReceiver, hubWith };
}
