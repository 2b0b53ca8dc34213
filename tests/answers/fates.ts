import { createServer, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { and, eq, isNotNull } from 'drizzle-orm';
import fc from 'fast-check';
import { completeFlow } from '#lib/authorization/complete';
import type { Flow } from '#lib/authorization/flow';
import { saveFlow } from '#lib/authorization/flow-rows';
import { redirectUri } from '#lib/authorization/redirect-uri';
import { openTokens, placesOfRevocation } from '#lib/connections/tokens-at-rest';
import { type Runtime, systemContext } from '#lib/context';
import type { Database } from '#lib/db/database';
import { connections } from '#lib/db/schema/connections';
import { providerStops } from '#lib/db/schema/provider-stops';
import { revocations } from '#lib/db/schema/revocations';
import { isAppError } from '#lib/errors';
import { resolveEndpoints } from '#lib/oauth/resolve-endpoints';
import { refreshConnection } from '#lib/refresh/refresh';
import { addPerson, createRuntime, plainRecord } from '#tests/hub';
import { listenOnLoopback } from '#tests/servers/loopback';
import { type OddAnswer, oddAnswer, oddRecord } from './shapes.ts';

/** The fault in the fate of an answer. */
class Lost extends Error {
  override readonly name = 'Lost';
}

/** A server that answers what it is told, and remembers the tokens that it was told to revoke. */
async function oddServer() {
  const revoked = new Set<string>();
  const next: { answer: OddAnswer | null; asked: boolean } = { answer: null, asked: false };
  const send = (response: ServerResponse, { status, headers, body }: Omit<OddAnswer, 'issued'>) =>
    response.writeHead(status, headers).end(body);
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(await text(request));
    if (request.url === '/revoke') {
      revoked.add(form.get('token') ?? '');
      return void response.writeHead(200).end();
    }
    if (!next.answer || request.url !== '/token') return void response.writeHead(404).end();
    next.asked = true;
    send(response, next.answer);
  });
  const { port, close } = await listenOnLoopback(server);
  return { url: `http://127.0.0.1:${port}`, revoked, next, close };
}

async function settled(runtime: Runtime): Promise<void> {
  while (runtime.background.size > 0) await Promise.all(runtime.background);
}

/** Every token that the hub keeps for a person: in connections, and in revocations that are not over. */
async function keptFor(runtime: Runtime, personId: string): Promise<Set<string>> {
  const { db } = runtime.database;
  const rows = await db.select().from(connections).where(eq(connections.personId, personId));
  const kept = rows.flatMap((row) => Object.values(openTokens(runtime, row)));
  const pending = await db.select().from(revocations).where(eq(revocations.personId, personId));
  for (const row of pending) {
    const places = placesOfRevocation(
      row,
      rows.find(({ id }) => id === row.connectionId),
    );
    if (row.accessToken !== null) kept.push(runtime.vault.open(row.accessToken, places.accessToken));
    if (row.refreshToken !== null) kept.push(runtime.vault.open(row.refreshToken, places.refreshToken));
  }
  return new Set(kept.filter((one) => one !== null));
}

/** A number's digits in one form: without zeros that say nothing. */
const plain = (digits: string) =>
  digits.includes('.') ? digits.replace(/0+$/, '').replace(/\.$/, '').replace(/^-0$/, '0') : digits;

const mayBeStored = (note: string) => note.length <= 2_048 && note.isWellFormed() && !note.includes('\0');

function checkValues(answer: OddAnswer, row: typeof connections.$inferSelect, subject: boolean): void {
  if (subject && row.subject !== answer.account) throw new Lost(`account ${answer.account} became ${row.subject}`);
  const { amount, note } = row.extras;
  if (answer.amount !== null && (amount === undefined || plain(String(amount)) !== plain(answer.amount)))
    throw new Lost(`number ${answer.amount} became ${String(amount)}`);
  if (answer.note === null) return;
  if (mayBeStored(answer.note)) {
    if (note !== answer.note) throw new Lost('a text was changed or dropped');
  } else if (typeof note === 'string' && note !== '' && answer.note.startsWith(note)) throw new Lost('a text was cut');
}

/**
 * Connects with one answer after another, and refreshes with others where that went well. After each, every token that the
 * answer issued must be kept or have been handed to the server's revocation endpoint; no number and no text of it may have
 * changed on its way into the database.
 * @returns how many answers ended in which way
 * @throws what fast-check says of the smallest answer that loses something, with its seed and path
 */
export async function tryAnswers(database: Database, { seed, runs }: { seed: number; runs: number }) {
  const server = await oddServer();
  const record = { ...plainRecord(server.url, 'odd'), ...oddRecord };
  const runtime = createRuntime(database, [record]);
  const provider = runtime.providers.get('odd');
  if (!provider) throw new Error('no record');
  const counts = { connected: 0, refused: 0, refreshed: 0, refreshRefused: 0, tokens: 0 };
  const assertOwned = async (personId: string, { issued }: OddAnswer) => {
    await settled(runtime);
    const kept = await keptFor(runtime, personId);
    const lost = issued.filter((one) => !kept.has(one) && !server.revoked.has(one));
    counts.tokens += issued.length;
    if (lost.length > 0) throw new Lost(`${lost.length} of ${issued.length} tokens have no owner`);
  };

  const connect = async (answer: OddAnswer) => {
    const { id: personId, ctx: asPerson } = await addPerson(runtime);
    const ctx = asPerson();
    const pinned = await resolveEndpoints(provider, ctx);
    const url = new URL(redirectUri(ctx, provider));
    const state = personId.padEnd(43, 'x');
    url.search = new URLSearchParams({ code: 'code-1', state }).toString();
    const flow: Flow = {
      ...{ state, nonce: 'n', verifier: 'v'.repeat(43), provider: provider.id, pinned, scopes: ['read'] },
      ...{ accountParams: {}, intent: 'connect', connectionId: null, returnTo: '/connections' },
      sessionId: ctx.actor.type === 'person' ? ctx.actor.sessionId : null,
      startedAt: ctx.now().getTime(),
    };
    server.next.answer = answer;
    await saveFlow(ctx, database.db, state, flow);
    const result = await completeFlow(ctx, { url, find: async () => flow });
    if (result.ok === 'again') throw new Lost('an answer before it');
    await assertOwned(personId, answer);
    if (!result.ok) {
      if (result.error.code === 'internal') throw new Lost('a fault of our own');
      counts.refused += 1;
      return null;
    }
    counts.connected += 1;
    const [row] = await database.db.select().from(connections).where(eq(connections.personId, personId));
    if (!row) throw new Lost('no connection');
    checkValues(answer, row, true);
    return row;
  };

  const refresh = async (before: typeof connections.$inferSelect, answer: OddAnswer) => {
    const { personId, id } = before;
    const { refreshToken } = openTokens(runtime, before);
    Object.assign(server.next, { answer, asked: false });
    try {
      await refreshConnection(systemContext(runtime, 'test'), { id, force: true });
      counts.refreshed += 1;
    } catch (error) {
      if (!isAppError(error) || error.code === 'internal') throw error;
      counts.refreshRefused += 1;
    }
    await settled(runtime);
    if (!server.next.asked) throw new Error('The server was not asked, so this tried nothing.');
    const here = and(eq(connections.personId, personId), eq(connections.id, id));
    const [row] = await database.db.select().from(connections).where(here);
    // An access token alone came of the refresh token that the row still holds: revoking that ends it (RFC 7009 §2.1).
    const shown = row && openTokens(runtime, row).refreshToken;
    const isTheRows = row?.generation === 1 && row.status === 'connected' && shown === refreshToken;
    const descends = isTheRows && answer.issued.length === 1 && answer.issued[0]?.startsWith('at-');
    await assertOwned(personId, descends ? { ...answer, issued: [] } : answer);
    if (row?.generation === 2) checkValues(answer, row, false);
  };

  try {
    const property = fc.asyncProperty(oddAnswer, oddAnswer, async (first, second) => {
      server.revoked.clear();
      // Refusals of several people stop a provider, and a stopped one is asked nothing.
      await database.db.update(connections).set({ refusedAt: null }).where(isNotNull(connections.refusedAt));
      await database.db.delete(providerStops);
      runtime.logged.length = 0;
      const row = await connect(first);
      if (row?.refreshToken) await refresh(row, second);
    });
    await fc.assert(property, { seed, numRuns: runs, endOnFailure: true });
    return counts;
  } finally {
    await settled(runtime);
    await server.close();
  }
}
