// What comes before the install: Node's built-ins only, in syntax that Node 20 runs.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectNode } from './project-node.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const oldestOwnNode = 20;
const neededNode = 24;

/**
 * Installs the dependencies where they are missing or older than the lock file, then runs a TypeScript file of
 * `scripts/` with the given and this process's arguments under Node 24, and ends with its exit status.
 * @param {string} script such as `run-tests.ts`
 * @param {string[]} leading arguments
 */
export async function bootstrap(script, ...leading) {
  if (major(process.version) < oldestOwnNode) {
    fail(`Node ${oldestOwnNode} or newer is needed to begin; this is ${process.version}.`);
  }
  if (!isInstalled()) await install();
  const node = projectNode() ?? (major(process.version) >= neededNode ? process.execPath : undefined);
  if (!node) {
    fail(
      `There is no packaged Node ${neededNode} for ${process.platform} ${process.arch}: install Node ${neededNode} and run this again.`,
    );
  }
  process.exitCode = await runToEnd(node, [join(root, 'scripts', script), ...leading, ...process.argv.slice(2)], {
    cwd: root,
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` },
    // The channel closes when this process is killed, which tells the script to end what it started.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
}

/** True when node_modules holds every package of the lock file in the locked version. */
function isInstalled() {
  const wanted = readLock('package-lock.json');
  const present = readLock(join('node_modules', '.package-lock.json'));
  if (!wanted) fail('package-lock.json is missing or damaged.');
  if (!present) return false;
  return Object.entries(wanted).every(
    ([path, entry]) => path === '' || present[path]?.version === entry.version || (entry.optional && !present[path]),
  );
}

function readLock(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

async function install() {
  const started = Date.now();
  console.log('Installing dependencies from package-lock.json. This takes half a minute or so …');
  const ticker = setInterval(() => console.log(`  still installing (${seconds(started)})`), 15_000);
  // Without our own .bin: npm replaces that folder while it runs.
  const path = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== bin);
  const status = await runToEnd('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    env: { ...process.env, PATH: path.join(delimiter) },
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  clearInterval(ticker);
  if (status !== 0) fail('The dependencies could not be installed; npm said why above.', status);
  console.log(`Dependencies installed (${seconds(started)}).`);
}

/** Runs a program, passes signals on to it, and gives its exit status as a shell counts it. */
function runToEnd(command, args, options) {
  return new Promise((resolve) => {
    const child = spawn(command, args, options);
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    const forward = (signal) => child.kill(signal);
    for (const signal of signals) process.on(signal, forward);
    const done = (status) => {
      for (const signal of signals) process.removeListener(signal, forward);
      resolve(status);
    };
    child.once('error', (error) => {
      console.error(`${command} could not be started: ${error.message}`);
      done(127);
    });
    child.once('exit', (code, signal) => done(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });
}

function major(version) {
  return Number(version.replace(/^v/, '').split('.')[0]);
}

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}

function fail(message, status = 1) {
  console.error(message);
  process.exit(status);
}
