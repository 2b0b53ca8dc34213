import { Agent, request as httpRequest } from 'node:http';
import { createApplication } from '#lib/applications/create';
import { createConnectSession } from '#lib/connect-sessions/create';
import { getConnectSession } from '#lib/connect-sessions/get';
import { holdGrant } from '#lib/connect-sessions/hold-grant';
import { systemContext } from '#lib/context';
import { hashSecret, newId, newSecret } from '#lib/ids';
import { newGrant } from '#tests/grants';
import { addApiKey, as, plainRecord } from '#tests/hub';
import { defineBenchmark } from './benchmark.ts';
import { fillConnections } from './fill.ts';
import { needBuild, startHub } from './processes.ts';
import type { BenchDatabase } from './stage.ts';
import { median, medianOf, rotated, rounded } from './statistics.ts';

type Parameters = { callers: number; calls: number; rounds: number };

const returnUrl = 'https://app.example.com/connected';
const caseNames = ['vend', 'create', 'complete'] as const;
type CaseName = (typeof caseNames)[number];

/** One call: its path, its body, and the status that it must answer. */
interface Call {
  path: string;
  body: unknown;
  status: number;
}

/** The times of a round, in milliseconds, and what they came to. */
interface Round {
  calls_per_second: number;
  p50_ms: number;
}

export const connect = defineBenchmark<Parameters>({
  about: 'creating and completing a connect session, beside a vend',
  full: { callers: 32, calls: 4_000, rounds: 5 },
  quick: { callers: 32, calls: 200, rounds: 1 },
  run: async ({ callers, calls, rounds }, stage) => {
    await needBuild();
    const database = await stage.createDatabase('hub', [plainRecord('http://127.0.0.1:9')]);
    const filled = await fillConnections(database.runtime, { count: 2_000, provider: 'acme', expiresIn: 7 * 86_400 });
    const given = await givenApplication(database);
    const hub = await startHub(stage, database);
    const agent = new Agent({ keepAlive: true, maxSockets: callers });
    const rows = new Map<CaseName, Round[]>(caseNames.map((name) => [name, []]));
    const made: Record<CaseName, () => Promise<{ key: string; calls: Call[] }>> = {
      vend: async () => ({
        key: given.vendKey,
        calls: Array.from({ length: calls }, (_, n) => ({
          path: `/connections/${filled[n % filled.length]?.id}/token`,
          body: undefined,
          status: 200,
        })),
      }),
      create: async () => ({
        key: given.key,
        calls: Array.from({ length: calls }, () => ({ path: '/connect-sessions', body: asked(), status: 201 })),
      }),
      complete: async () => ({ key: given.key, calls: await receivedSessions(given, calls) }),
    };
    // The first is the warm-up.
    for (let round = -1; round < rounds; round++) {
      for (const name of rotated(caseNames, Math.max(0, round))) {
        const { key, calls: all } = await made[name]();
        const one = await drive(hub.url, agent, key, all, callers);
        if (round < 0) continue;
        console.log(`  ${name}: ${Math.round(one.calls_per_second)} a second, p50 ${one.p50_ms.toFixed(1)} ms`);
        rows.get(name)?.push(one);
      }
    }
    agent.destroy();
    const of = (name: CaseName) => {
      const all = rows.get(name) ?? [];
      return {
        calls_per_second: rounded(medianOf(all, (one) => one.calls_per_second)),
        p50_ms: rounded(medianOf(all, (one) => one.p50_ms)),
        rounds: all,
      };
    };
    const cases = Object.fromEntries(caseNames.map((name) => [name, of(name)])) as Record<
      CaseName,
      ReturnType<typeof of>
    >;
    const ratio = (name: CaseName) => rounded(cases[name].p50_ms / cases.vend.p50_ms, 3);
    return {
      tables: [
        {
          title: `Connect sessions, ${callers} callers (medians)`,
          columns: ['case', 'calls/s', 'p50 ms', 'of a vend'],
          rows: caseNames.map((name) => [name, cases[name].calls_per_second, cases[name].p50_ms, ratio(name)]),
        },
      ],
      goals: (['create', 'complete'] as const).map((name) => {
        const value = ratio(name);
        return { goal: `${name} ÷ vend ≤ 2 at ${callers} callers`, value, reached: value <= 2 };
      }),
      results: { cases },
    };
  },
});

const asked = (verifier = newSecret()) => ({
  user: { id: newId('user'), label: 'Ada' },
  provider: 'acme',
  return_url: returnUrl,
  code_challenge: hashSecret(verifier),
});

/** A registered application with its key, and a key that vends. */
async function givenApplication({ runtime }: BenchDatabase) {
  const application = await createApplication(systemContext(runtime, 'bench'), {
    name: 'Billing App',
    contact: 'help@app.example.com',
    returnUrls: [returnUrl],
  });
  const made = await addApiKey(runtime, { scopes: ['connections:create'], applicationId: application.id });
  const { actor } = made.ctx;
  if (actor.type !== 'api_key') throw new Error('The key has no actor.');
  const ctx = as(runtime, { ...actor, applicationId: application.id });
  return { ctx, key: made.key, vendKey: (await addApiKey(runtime)).key };
}

/** Sessions that a provider answered, each with the call that completes it. */
async function receivedSessions({ ctx }: Awaited<ReturnType<typeof givenApplication>>, count: number): Promise<Call[]> {
  const calls: Call[] = [];
  while (calls.length < count) {
    const some = Array.from({ length: Math.min(50, count - calls.length) }, async () => {
      const verifier = newSecret();
      const { return_url, code_challenge, ...rest } = asked(verifier);
      const { id } = await createConnectSession(ctx, { ...rest, returnUrl: return_url, codeChallenge: code_challenge });
      const grant = newGrant();
      const personId = (await sessionPerson(ctx, id)) ?? '';
      const { code } = await holdGrant(ctx, {
        id,
        personId,
        provider: 'acme',
        connectionId: null,
        answer: grant.answer,
        grant,
        ending: [],
      });
      return { path: `/connect-sessions/${id}/complete`, body: { code, code_verifier: verifier }, status: 200 };
    });
    calls.push(...(await Promise.all(some)));
  }
  return calls;
}

async function sessionPerson(ctx: Awaited<ReturnType<typeof givenApplication>>['ctx'], id: string) {
  return (await getConnectSession(ctx, { id })).personId;
}

/** Sends all calls, so many at a time. @throws an Error where one answers another status than it must */
async function drive(url: string, agent: Agent, key: string, calls: readonly Call[], callers: number): Promise<Round> {
  const times: number[] = [];
  let next = 0;
  const began = performance.now();
  const caller = async () => {
    for (let call = calls[next++]; call; call = calls[next++]) {
      const at = performance.now();
      const status = await send(url, agent, key, call);
      times.push(performance.now() - at);
      if (status !== call.status) throw new Error(`${call.path} answered ${status}.`);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const seconds = (performance.now() - began) / 1000;
  return { calls_per_second: calls.length / seconds, p50_ms: median(times) };
}

function send(url: string, agent: Agent, key: string, { path, body }: Call): Promise<number> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = {
    authorization: `Bearer ${key}`,
    'content-length': Buffer.byteLength(text),
    ...(text && { 'content-type': 'application/json' }),
  };
  return new Promise((resolve, reject) => {
    const sent = httpRequest(`${url}/api/v1${path}`, { method: 'POST', agent, headers }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.once('error', reject);
    sent.end(text);
  });
}
