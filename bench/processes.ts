import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { startApp } from '#scripts/demo-stack';
import { freePort } from '#scripts/postgres-server';
import { end, start } from '#scripts/processes';
import { build, isBuilt } from '#scripts/production-build';
import type { BenchDatabase, Stage } from './stage.ts';

/** A server in a process of its own. */
export interface Served {
  url: string;
  pid: number;
  child: ChildProcess;
}

/** Makes the production build where the sources have changed since the last one. */
export async function needBuild(): Promise<void> {
  if (isBuilt()) return;
  console.log('  building the app …');
  const fault = await build();
  if (fault !== undefined) throw new Error(fault);
}

let named = 0;

/** The programs that were started, and where they write. */
const programs = new WeakMap<ChildProcess, { program: string; logFile: string }>();

/** How a program that ended early ended, and the end of its log. */
function endOf(child: ChildProcess, what: string): string {
  const { program = 'A program', logFile } = programs.get(child) ?? {};
  const how = child.signalCode ? `signal ${child.signalCode}` : `status ${child.exitCode}`;
  const log = logFile === undefined ? '' : readFileSync(logFile, 'utf8').slice(-2000);
  return `${program} ${what} (${how}). The end of its log:\n${log}`;
}

/** Starts the product's own `server.ts` in production mode on a database. Its log goes to a file. */
export async function startHub(stage: Stage, database: BenchDatabase): Promise<Served> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const environment = { ...process.env, ...database.environment, APP_URL: url, PORT: String(port) };
  const child = await startApp(environment as NodeJS.ProcessEnv, join(stage.folder, `hub-${named++}.log`));
  stage.onClose(() => end(child, 'SIGTERM', 15_000));
  return { url, pid: child.pid ?? 0, child };
}

/**
 * Starts a program and resolves with the first message it sends, which is `{ url }` for a server.
 * @throws an Error with the end of its log when it ends before
 */
export async function startProgram<Ready extends object>(
  stage: Pick<Stage, 'folder' | 'onClose'>,
  program: string,
  environment: Record<string, string> = {},
): Promise<Ready & { pid: number; child: ChildProcess }> {
  const logFile = join(stage.folder, `${basename(program)}-${named++}.log`);
  const log = openSync(logFile, 'a', 0o600);
  const child = start(process.execPath, ['--import', './scripts/end-with-parent.mjs', program], {
    env: { ...process.env, NODE_ENV: 'production', ...environment } as NodeJS.ProcessEnv,
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  stage.onClose(() => end(child));
  programs.set(child, { program, logFile });
  const [ready] = await nextMessage(child, 'did not start');
  return { ...(ready as Ready), pid: child.pid ?? 0, child };
}

/** Asks a program of ours something over its channel, and resolves with what it answers next. */
export async function ask<Answer>(child: ChildProcess, question: object): Promise<Answer> {
  const answered = nextMessage(child, 'ended before it answered');
  child.send(question);
  const [answer] = await answered;
  return answer as Answer;
}

/** The next message of a program; an error where it ends before. */
async function nextMessage(child: ChildProcess, fault: string): Promise<unknown[]> {
  const over = new AbortController();
  const ended = once(child, 'exit', { signal: over.signal }).then(() => Promise.reject(new Error(endOf(child, fault))));
  try {
    return await Promise.race([once(child, 'message', { signal: over.signal }), ended]);
  } finally {
    ended.catch(() => {});
    over.abort();
  }
}
