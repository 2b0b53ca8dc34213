import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { findPostgres } from '#scripts/postgres-server';

/** What the figures were measured on. */
export interface Machine {
  processor: string;
  processors: number;
  memory_gib: number;
  system: string;
  node: string;
  postgresql: string;
  /** Load of the minute before the run: a machine that others use gives figures of no worth. */
  load_before: number;
}

export function describeMachine(): Machine {
  const programs = findPostgres();
  return {
    processor: cpus()[0]?.model.trim() || 'unknown',
    processors: availableParallelism(),
    memory_gib: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
    postgresql: programs ? version(join(programs, 'postgres')) : 'none',
    load_before: loadavg()[0] ?? 0,
  };
}

function version(program: string): string {
  const text = execFileSync(program, ['--version'], { encoding: 'utf8' });
  return /(\d+(?:\.\d+)*)/.exec(text)?.[1] ?? text.trim();
}
