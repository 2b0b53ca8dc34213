import { end } from '#scripts/processes';
import { addApiKey, plainRecord } from '#tests/hub';
import { defineBenchmark } from './benchmark.ts';
import { fillConnections } from './fill.ts';
import { memoryOf, sampledDuring } from './memory.ts';
import { measureScripts } from './page-scripts.ts';
import { needBuild, startHub } from './processes.ts';
import { median, rounded } from './statistics.ts';
import { load, needWrk, vendRequest, writeRequests } from './wrk.ts';

/** Kilobytes, gzip, above an empty page. */
const allowedScript = { account: 20, admin: 80 };

export const cost = defineBenchmark({
  about: 'memory under load, the time to start, and the script that each page sends',
  full: { rows: 10_000, connections: 32, seconds: 180, starts: 5 },
  quick: { rows: 200, connections: 8, seconds: 3, starts: 1 },
  run: async ({ rows, connections, seconds, starts }, stage) => {
    await needWrk();
    await needBuild();
    const database = await stage.createDatabase('hub', [plainRecord('http://127.0.0.1:9')]);
    const filled = await fillConnections(database.runtime, { count: rows, provider: 'acme', expiresIn: 86_400 });
    const { key } = await addApiKey(database.runtime);

    const startMs: number[] = [];
    for (let n = 0; n < starts; n++) {
      const began = performance.now();
      const { child } = await startHub(stage, database);
      startMs.push(performance.now() - began);
      await end(child);
    }

    const hub = await startHub(stage, database);
    const idle = memoryOf(hub.pid);
    const all = filled.map(({ id }) => vendRequest(id, key));
    const requests = writeRequests(stage.folder, 'cost', hub.url, all);
    const running = load(requests, { connections, seconds });
    const { samples } = await sampledDuring(1000, () => memoryOf(hub.pid), running);
    const third = Math.ceil(samples.length / 3);
    const memory = {
      idle_mib: idle,
      middle_third_mib: median(samples.slice(third, 2 * third)),
      last_third_mib: median(samples.slice(-third)),
      most_mib: Math.max(...samples),
    };

    const scripts = await measureScripts(hub.url, database);
    return {
      tables: [
        {
          title: 'Start and memory of one process on PostgreSQL',
          columns: ['measure', 'value'],
          rows: [
            ['start until ready, ms (median)', rounded(median(startMs))],
            ['memory when ready, MiB', memory.idle_mib],
            [`memory under load, middle third of ${seconds} s, MiB`, memory.middle_third_mib],
            [`memory under load, last third of ${seconds} s, MiB`, memory.last_third_mib],
            ['memory at most, MiB', memory.most_mib],
          ],
        },
        {
          title: `Script per page, kB gzip (an empty page: ${scripts.empty_kb})`,
          columns: ['page', 'whole', 'above the empty page'],
          rows: scripts.pages.map(({ page, kb, above_kb }) => [page, kb, above_kb]),
        },
      ],
      goals: (['account', 'admin'] as const).map((area) => {
        const most = Math.max(...scripts.pages.filter((one) => one.area === area).map(({ above_kb }) => above_kb));
        const allowed = allowedScript[area];
        return { goal: `script of ${area} pages ≤ ${allowed} kB above empty`, value: most, reached: most <= allowed };
      }),
      results: { start_ms: startMs.map((ms) => rounded(ms)), memory, scripts },
    };
  },
});
