import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { resolve } from 'node:path';
import { traced } from '#lib/telemetry/span';
import { addApiKey, plainRecord } from '#tests/hub';
import { listenOnLoopback } from '#tests/servers/loopback';
import { defineBenchmark } from './benchmark.ts';
import { fillConnections } from './fill.ts';
import { needBuild, type Served, startHub } from './processes.ts';
import { median, rotated, rounded } from './statistics.ts';
import { load, needWrk, type Requests, vendRequest, writeRequests } from './wrk.ts';

/** Percent of a vend that spans may cost where the operator named no endpoint. */
const allowedPercent = 1;
const ticksPerSecond = 100;

/** Seconds of the processor that a process has taken, its own and the kernel's for it. */
function processorOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Nanoseconds that a place of a span costs without an endpoint, beside the work alone. */
async function placeCost(times: number): Promise<number> {
  const work = async () => 1;
  const timed = async (call: () => Promise<number>) => {
    const began = performance.now();
    for (let n = 0; n < times; n++) await call();
    return ((performance.now() - began) * 1e6) / times;
  };
  const differences: number[] = [];
  for (let round = 0; round < 9; round++) {
    const bare = await timed(() => work());
    const within = await timed(() =>
      traced(
        'database',
        () => ({ 'db.operation.name': 'SELECT' }),
        () => work(),
      ),
    );
    differences.push(within - bare);
  }
  return median(differences);
}

/** A collector that takes everything. */
async function startCollector() {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  const { port, close } = await listenOnLoopback(server);
  return { url: `http://127.0.0.1:${port}`, close };
}

export const telemetry = defineBenchmark({
  about: 'what spans cost a vend: without an endpoint, beside no spans at all, and with one',
  full: { rows: 10_000, connections: 32, seconds: 8, rounds: 15 },
  quick: { rows: 200, connections: 8, seconds: 2, rounds: 1 },
  run: async ({ rows, connections, seconds, rounds }, stage) => {
    await needWrk();
    await needBuild();
    const placeNs = await placeCost(300_000);
    const database = await stage.createDatabase('hub', [plainRecord('http://127.0.0.1:9')]);
    const filled = await fillConnections(database.runtime, { count: rows, provider: 'acme', expiresIn: 86_400 });
    const { key } = await addApiKey(database.runtime);
    const collector = await startCollector();
    stage.onClose(collector.close);
    const without = `--import ${resolve('bench/programs/without-spans.mjs')}`;
    const cases: { name: string; hub: Served; requests: Requests }[] = [];
    for (const [name, environment] of [
      ['no spans at all', { NODE_OPTIONS: without }],
      ['no endpoint', {}],
      ['an endpoint, every request', { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }],
    ] as const) {
      const hub = await startHub(stage, { ...database, environment: { ...database.environment, ...environment } });
      const all = filled.map(({ id }) => vendRequest(id, key));
      cases.push({ name, hub, requests: writeRequests(stage.folder, name.replaceAll(' ', '-'), hub.url, all) });
    }
    const perVend = new Map<string, number[]>(cases.map(({ name }) => [name, []]));
    const perSecond = new Map<string, number[]>(cases.map(({ name }) => [name, []]));
    for (const { requests } of cases) await load(requests, { connections, seconds });
    for (let round = 0; round < rounds; round++)
      for (const { name, hub, requests } of rotated(cases, round)) {
        const before = processorOf(hub.pid);
        const one = await load(requests, { connections, seconds });
        perVend.get(name)?.push(((processorOf(hub.pid) - before) * 1e6) / one.requests);
        perSecond.get(name)?.push(one.requests_per_second);
      }
    const [base = [], off = []] = [...perVend.values()];
    // Round by round: what else the machine does then weighs on both alike.
    const percent = 100 * (median(off.map((one, at) => one / (base[at] ?? one))) - 1);
    return {
      tables: [
        {
          title: `A vend at ${connections} callers, medians of ${rounds} alternating rounds of ${seconds} s`,
          columns: ['spans', 'processor a vend, µs', 'vends a second'],
          rows: cases.map(({ name }) => [
            name,
            rounded(median(perVend.get(name) ?? [])),
            rounded(median(perSecond.get(name) ?? [])),
          ]),
        },
        {
          title: 'Without an endpoint',
          columns: ['measure', 'value'],
          rows: [
            ['processor a vend, beside no spans at all, %', rounded(percent)],
            ['a place of a span alone, ns', rounded(placeNs)],
          ],
        },
      ],
      goals: [
        {
          goal: `spans without an endpoint cost a vend at most ${allowedPercent} %`,
          value: rounded(percent),
          reached: percent <= allowedPercent,
        },
      ],
      results: {
        place_ns: placeNs,
        percent,
        processor_us: Object.fromEntries(perVend),
        per_second: Object.fromEntries(perSecond),
      },
    };
  },
});
