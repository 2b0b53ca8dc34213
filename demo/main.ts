import { fstatSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { oddPort, startOddInDemo } from '#demo/odd/in-demo';
import type { Odd } from '#demo/odd/server';
import { type Demo, namesakes, startDemo } from '#demo/start';
import { writePrivate } from '#demo/store';

/** Starts every demo server on its fixed port. Prints one JSON line when all are ready. */
const { values } = parseArgs({
  options: {
    'app-url': { type: 'string', multiple: true, default: ['http://localhost:3000'] },
    'data-dir': { type: 'string', default: '.demo' },
    // For tests, which may run beside a demo.
    odd: { type: 'string' },
    'any-ports': { type: 'boolean', default: false },
  },
});
const dataDir = resolve(values['data-dir']);
const fixed = { resource: 4410, ...Object.fromEntries(Object.values(namesakes).map(({ id, port }) => [id, port])) };

let demo: Demo | undefined;
let odd: Odd | undefined;
let ending = false;

async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  await Promise.all([demo?.close(), odd?.close()]);
  process.exit(0);
}

process.once('SIGTERM', end);
process.once('SIGINT', end);
process.once('disconnect', end);
const stdin = fstatSync(0, { throwIfNoEntry: false });
// A pipe from the parent ends with the parent; a terminal or /dev/null says nothing about it.
if (stdin?.isFIFO() || stdin?.isSocket()) process.stdin.once('end', end).resume();

try {
  demo = await startDemo({ ports: values['any-ports'] ? {} : fixed, appUrl: values['app-url'], dataDir });
  const records: object[] = [...demo.providers];
  if (values.odd !== undefined) {
    const port = values['any-ports'] ? 0 : oddPort;
    const started = await startOddInDemo(values.odd, { port, appUrls: values['app-url'] });
    odd = started.odd;
    records.push(started.record);
  }
  const providersFile = join(dataDir, 'providers.json');
  writePrivate(providersFile, `${JSON.stringify(records, null, 2)}\n`);
  const urls = {
    ...Object.fromEntries(demo.providers.map(({ id }) => [id, demo?.server(id).url])),
    ...(odd ? { odd: odd.origin } : {}),
  };
  console.log(
    JSON.stringify({
      ...{ ready: true, providers_file: providersFile, resource_url: demo.resourceUrl, urls },
      control_secret: demo.controlSecret,
    }),
  );
} catch (error) {
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (error instanceof RangeError) console.error(error.message);
  else console.error(code === 'EADDRINUSE' ? `Port ${port} is in use: is another demo running?` : error);
  process.exit(1);
}
