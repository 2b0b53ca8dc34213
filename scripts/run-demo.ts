import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { oddPort } from '#demo/odd/in-demo';
import { namesakes } from '#demo/start';
import { writePrivate } from '#demo/store';
import { appEnvironment, isFree, type Stack, type StackOptions, startStack } from './demo-stack.ts';
import { freePort } from './postgres-server.ts';
import { endAll, onEnd } from './processes.ts';
import { build, isBuilt } from './production-build.ts';

const resourcePort = 4410;

let ending = false;
let stack: Stack | undefined;

/** `npm run demo` and, with `--development`, `npm run dev`: builds where needed, runs everything until it is interrupted. */
async function main(): Promise<void> {
  const { json, temporary, ...options } = await readArguments();
  const tell = json ? (line: string) => console.error(line) : (line: string) => console.log(line);
  if (temporary) process.once('exit', () => rmSync(options.folder, { recursive: true, force: true }));
  onEnd(async () => {
    ending = true;
    tell('\nEnding …');
    await stack?.stop();
    await endAll();
    tell(temporary ? 'Everything has ended, and its data is gone.' : 'Everything has ended. The data is kept.');
    process.exit(0);
  });
  const { port, development, odd } = options;
  if (!options.anyPorts) await refuseTakenPorts(port, odd === undefined ? [] : [oddPort]);
  if (!development && !isBuilt()) {
    const fault = await buildAloud(tell);
    if (ending) return;
    if (fault !== undefined) fail(`${fault}\nThe build failed.`);
  }
  try {
    stack = await startStack({ ...options, json }, tell);
  } catch (error) {
    if (ending) return;
    fail(error instanceof Error ? error.message : String(error));
  }
  watch(stack);
  const environmentFile = writeEnvironment(options);
  const demoFile = resolve(options.folder, 'demo.json');
  const line = JSON.stringify({
    ready: true,
    ...described(stack),
    environment_file: environmentFile,
    demo_file: demoFile,
  });
  writePrivate(demoFile, `${line}\n`);
  process.once('exit', () => rmSync(demoFile, { force: true }));
  if (json) console.log(line);
  else console.log(guide(stack.url, odd));
}

/** Builds, and says so every 15 seconds: a small or busy machine takes minutes. The answer is that of `build`. */
async function buildAloud(tell: (line: string) => void): Promise<string | undefined> {
  const started = Date.now();
  const seconds = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
  tell('Building the app. This takes half a minute or so, and longer on a small machine …');
  const ticker = setInterval(() => tell(`  still building (${seconds()})`), 15_000);
  const fault = await build().finally(() => clearInterval(ticker));
  if (fault === undefined) tell(`The app is built (${seconds()}).`);
  return fault;
}

/** Where everything is, for a program that started the demo. */
function described({ url, servers }: Stack) {
  const { providers_file, resource_url, urls, control_secret } = servers;
  const repository = process.cwd();
  return { url, administrator: 'admin@example.com', resource_url, urls, control_secret, providers_file, repository };
}

interface Asked extends StackOptions {
  json: boolean;
  /** The folder goes with the demo. */
  temporary: boolean;
}

async function readArguments(): Promise<Asked> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      development: { type: 'boolean', default: false },
      odd: { type: 'string' },
      'any-ports': { type: 'boolean', default: false },
      'data-dir': { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const { development, json, odd } = values;
  const anyPorts = values['any-ports'];
  const port = Number(values.port ?? (anyPorts ? await freePort() : 3000));
  if (!Number.isInteger(port) || port < 1 || port > 65_535) fail(`--port ${values.port} is not a port number.`);
  // Two demos must not share their data: one with any ports has a folder of its own, which goes with it.
  const temporary = anyPorts && values['data-dir'] === undefined;
  const folder = temporary
    ? mkdtempSync(join(tmpdir(), 'grantkeep-demo-'))
    : (values['data-dir'] ?? (development ? '.demo/dev' : '.demo'));
  return { folder, port, development, odd, anyPorts, json, temporary };
}

async function refuseTakenPorts(port: number, more: readonly number[]): Promise<void> {
  if (!(await isFree(port))) {
    fail(`Port ${port} is in use. End what runs there (another demo?), or choose another: npm run demo -- --port 3001`);
  }
  for (const taken of [...Object.values(namesakes).map((one) => one.port), resourcePort, ...more]) {
    if (!(await isFree(taken)))
      fail(`Port ${taken} is in use, and the demo servers need it. Is another demo running? End what runs there, or
start this one on free ports, with a folder of its own: npm run demo -- --any-ports`);
  }
}

/**
 * Leaves the app's variables for the command line, and answers the file. `npm run -s grantkeep` reads the one of the demo on
 * the fixed ports while nothing else is configured.
 */
function writeEnvironment(options: StackOptions): string {
  const lines = Object.entries(appEnvironment(options)).map(([name, value]) => `${name}='${value}'\n`);
  const file = options.anyPorts ? resolve(options.folder, 'demo.env') : '.demo/demo.env';
  writeFileSync(file, lines.join(''), { mode: 0o600 });
  return resolve(file);
}

/** Says so and ends everything when one of the processes dies by itself. */
function watch(stack: Stack): void {
  for (const [name, child] of [
    ['The app', stack.app],
    ['The demo servers', stack.demo],
  ] as const) {
    child.once('exit', (code, signal) => {
      if (ending) return;
      ending = true;
      console.error(`${name} ended unexpectedly (${signal ?? `status ${code}`}). Ending everything …`);
      void stack.stop().then(() => process.exit(1));
    });
  }
}

function guide(url: string, odd: string | undefined): string {
  const page = odd === undefined ? '' : `\nOdd's switches are at  http://localhost:${oddPort}\n`;
  return `
Open  ${url}

  1. Press "Sign in with Demo", then "Continue as administrator".
  2. Press "Your own connections", then "Connect GitHub", choose an account and press "Allow".
  3. Under Admin, API keys, sign in once more, create a key with the scope tokens:vend and run the curl line that is shown.
${page}
Ctrl-C ends the demo and keeps its data.`;
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

await main();
