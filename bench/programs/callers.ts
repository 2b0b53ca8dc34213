import { Pool } from 'undici';
import type { CallersAnswer, CallersOrder } from '../callers.ts';

// Callers in a process of their own, each on a connection that stays open from one order to the next.

const pools = new Map<string, Pool>();

function poolOf(origin: string, connections: number): Pool {
  const known = pools.get(origin);
  if (known) return known;
  const made = new Pool(origin, { connections, pipelining: 1, headersTimeout: 60_000, bodyTimeout: 60_000 });
  pools.set(origin, made);
  return made;
}

interface Answered {
  /** Undefined: there was no answer, and the code says why. */
  statusCode?: number;
  said: { access_token?: string; code?: string };
}

/** One call. One without an answer is counted and ends no caller: a process that stood still may find its socket closed. */
async function post(pool: Pool, path: string, headers: Record<string, string>): Promise<Answered> {
  try {
    const { statusCode, body } = await pool.request({ method: 'POST', path, headers });
    return { statusCode, said: (await body.json()) as Answered['said'] };
  } catch (error) {
    return { said: { code: error instanceof Error && 'code' in error ? String(error.code) : String(error) } };
  }
}

async function call(order: CallersOrder, n: number, answer: CallersAnswer): Promise<void> {
  const origin = order.origins[n % order.origins.length] ?? '';
  const pool = poolOf(origin, Math.ceil(order.callers / order.origins.length));
  const path = order.paths[n % order.paths.length] ?? '';
  const { statusCode, said } = await post(pool, path, order.headers);
  const kind = statusCode === 200 ? '200' : `${statusCode ?? 'no answer'} ${said.code ?? ''}`;
  answer.answers[kind] = (answer.answers[kind] ?? 0) + 1;
  if (said.access_token && !answer.tokens.includes(said.access_token)) answer.tokens.push(said.access_token);
}

/** Every caller calls once, all at the same moment. */
async function callOnce(order: CallersOrder, answer: CallersAnswer): Promise<void> {
  await Promise.all(Array.from({ length: order.callers }, (_, n) => call(order, n, answer)));
}

/** Every caller calls again as soon as it has its answer, until the time is over. */
async function callFor(order: CallersOrder, seconds: number, answer: CallersAnswer): Promise<void> {
  const endAt = performance.now() + seconds * 1000;
  let next = 0;
  const caller = async () => {
    while (performance.now() < endAt) await call(order, next++, answer);
  };
  await Promise.all(Array.from({ length: order.callers }, caller));
}

process.on('message', async (order: CallersOrder) => {
  const answer: CallersAnswer = { lastMs: 0, answers: {}, tokens: [] };
  const began = performance.now();
  await (order.seconds === undefined ? callOnce(order, answer) : callFor(order, order.seconds, answer));
  process.send?.({ ...answer, lastMs: performance.now() - began });
});
// Nothing else keeps this process going between two orders.
process.channel?.ref();
process.send?.({});
