import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const sources = globSync('{lib/**/*.ts,app/**/*.{ts,tsx},*.ts}').filter((file) => !/\.test\.tsx?$/.test(file));

/** Calls of the log with the event that each names, as they stand in the code. */
const named = sources.flatMap((file) => {
  const text = readFileSync(file, 'utf8');
  const calls = [...text.matchAll(/(?:log|getLogger\(\)|log\?)(?:\.(\w+)|\[(\w+)\])\(\s*\{\s*event: '(\w+)'/g)];
  const noted = [...text.matchAll(/noteFailure\('(\w+)'/g)].map(([, event = '']) => ({ file, level: null, event }));
  return [
    ...calls.map(([, level = '', computed, event = '']) => ({ file, level: computed ? null : level, event })),
    ...noted,
  ];
});
/** The check of client secrets looks for them in lines that it throws away. */
const ofProduct = named.filter(({ file }) => file !== 'lib/checks/client-secret.ts');

const documented = new Map(
  [...readFileSync('docs/log.md', 'utf8').matchAll(/^\| `(\w+)` \| ([a-z, ]+) \| \S/gm)].map(
    ([, event = '', levels = '']) => [event, levels.split(', ')] as const,
  ),
);

test('docs/log.md lists every event that the code writes, and no other', () => {
  expect(ofProduct.length).toBeGreaterThan(90);
  expect([...documented.keys()].sort()).toEqual([...new Set(ofProduct.map(({ event }) => event))].sort());
});

test('docs/log.md gives the level of each', () => {
  const wrong = ofProduct.filter(({ level, event }) => level !== null && !documented.get(event)?.includes(level));
  expect(wrong).toEqual([]);
});

test('docs/deployment.md asks for alarms on events that there are', () => {
  const [, table = ''] =
    /Set an alarm on these lines[^|]*([\s\S]*?)\n\n/.exec(readFileSync('docs/deployment.md', 'utf8')) ?? [];
  const events = [...table.matchAll(/^\| (`[^|]+) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, event = '']) => event),
  );
  expect(events.length).toBeGreaterThan(15);
  expect(events.filter((event) => !documented.has(event))).toEqual([]);
});

test('every line of the log names its event', () => {
  const calls = sources.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    return [...text.matchAll(/\b(?:log|getLogger\(\)|log\?)\.(?:info|warn|error|fatal|debug)\((.{0,60})/gs)].map(
      ([, given = '']) => ({ file, given: given.trim() }),
    );
  });
  expect(calls.length).toBeGreaterThan(90);
  expect(calls.filter(({ given }) => !/^\{\s*event: /.test(given))).toEqual([]);
});
