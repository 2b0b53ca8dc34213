import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { oddPort } from '#demo/odd/in-demo';
import { namesakes } from '#demo/start';
import { appEnvironment, isFree, type Stack, type StackOptions, startStack } from './demo-stack.ts';
import { endAll, onEnd } from './processes.ts';
import { build, isBuilt } from './production-build.ts';

const resourcePort = 4410;

let ending = false;
let stack: Stack | undefined;

/** `npm run demo` and, with `--development`, `npm run dev`: builds where needed, runs everything until it is interrupted. */
async function main(): Promise<void> {
  onEnd(async () => {
    ending = true;
    console.log('\nEnding …');
    await stack?.stop();
    await endAll();
    console.log('Everything has ended. The data is kept.');
    process.exit(0);
  });
  const { port, development, odd } = readArguments();
  await refuseTakenPorts(port, odd === undefined ? [] : [oddPort]);
  if (!development && !isBuilt()) {
    console.log('Building the app. This takes about half a minute …');
    const fault = await build();
    if (ending) return;
    if (fault !== undefined) fail(`${fault}\nThe build failed.`);
  }
  const options = { folder: development ? '.demo/dev' : '.demo', port, development, odd };
  try {
    stack = await startStack(options, (line) => console.log(line));
  } catch (error) {
    if (ending) return;
    fail(error instanceof Error ? error.message : String(error));
  }
  watch(stack);
  writeEnvironment(options);
  console.log(guide(stack.url, odd));
}

function readArguments(): { port: number; development: boolean; odd: string | undefined } {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '3000' },
      development: { type: 'boolean', default: false },
      odd: { type: 'string' },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) fail(`--port ${values.port} is not a port number.`);
  return { port, development: values.development, odd: values.odd };
}

async function refuseTakenPorts(port: number, more: readonly number[]): Promise<void> {
  if (!(await isFree(port))) {
    fail(`Port ${port} is in use. End what runs there (another demo?), or choose another: npm run demo -- --port 3001`);
  }
  for (const taken of [...Object.values(namesakes).map((one) => one.port), resourcePort, ...more]) {
    if (!(await isFree(taken))) fail(`Port ${taken} is in use, and the demo servers need it. Is another demo running?`);
  }
}

/** Leaves the app's variables for `npm run -s grantkeep`, which talks to this app while nothing else is configured. */
function writeEnvironment(options: StackOptions): void {
  const lines = Object.entries(appEnvironment(options)).map(([name, value]) => `${name}='${value}'\n`);
  writeFileSync('.demo/demo.env', lines.join(''), { mode: 0o600 });
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
