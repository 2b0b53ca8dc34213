import { readFileSync } from 'node:fs';

/** What a process holds in memory now, in MiB. Linux only, as are the processes that a benchmark starts. */
export function memoryOf(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  if (kib === undefined) throw new Error(`Process ${pid} does not say what memory it holds.`);
  return Math.round(Number(kib) / 1024);
}

/** What a process holds in MiB, and how much of it is its own; the rest are files, as Node's binary, which processes share. */
export function restOf(pid: number): { resident: number; own: number; files: number } {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const mib = (name: string) => {
    const [, kib] = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(rollup) ?? [];
    if (kib === undefined) throw new Error(`Process ${pid} does not say its ${name}.`);
    return Math.round(Number(kib) / 1024);
  };
  const [resident, own] = [mib('Rss'), mib('Anonymous')];
  return { resident, own, files: resident - own };
}

/** Takes a value again and again while some work goes on; answers all values, in order, beside what the work gave. */
export async function sampledDuring<Value, Result>(
  everyMs: number,
  take: () => Value | Promise<Value>,
  work: Promise<Result>,
): Promise<{ samples: Value[]; result: Result }> {
  const samples: Value[] = [];
  let over = false;
  const taking = (async () => {
    while (!over) {
      samples.push(await take());
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  })();
  try {
    return { samples, result: await work };
  } finally {
    over = true;
    await taking;
  }
}
