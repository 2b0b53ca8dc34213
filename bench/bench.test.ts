import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readParameters } from './benchmark.ts';
import { openFloorToken, sealFloorToken } from './floor.ts';
import { readGrant, startProvider, writeGrant } from './provider.ts';
import { median, medianOf, rotated, rounded, shuffled } from './statistics.ts';
import { formatTable } from './table.ts';

const hundred = Array.from({ length: 100 }, (_, n) => 100 - n);

test('the median lies in the middle, or between the two middle values', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([9, 1, 5, 6])).toBe(5.5);
  expect(medianOf([{ ms: 3 }, { ms: 1 }, { ms: 2 }], ({ ms }) => ms)).toBe(2);
});

test('nothing measured has no median', () => {
  expect(() => median([])).toThrow();
});

test('figures keep significant digits, not decimals', () => {
  expect([rounded(12_345.678), rounded(0.012_345_6), rounded(2 / 3, 3)]).toEqual([12_350, 0.012_35, 0.667]);
});

test('each round begins with the next case', () => {
  expect([0, 1, 4].map((round) => rotated(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'bca', 'bca']);
});

test('shuffling keeps every item and depends on its source alone', () => {
  const always = () => 0.3;
  expect(shuffled(hundred, always)).toEqual(shuffled(hundred, always));
  expect(shuffled(hundred, always)).not.toEqual(hundred);
  expect(shuffled(hundred, always).toSorted()).toEqual(hundred.toSorted());
});

test('a table lines up, with numbers to the right', () => {
  const table = {
    title: 'Speed',
    columns: ['case', 'per second'],
    rows: [
      ['floor', 12_345.6789],
      ['é', 2],
    ],
  };
  expect(formatTable(table).split('\n')).toEqual([
    'Speed',
    '',
    '| case  | per second |',
    '| ----- | ---------: |',
    '| floor | 12,345.679 |',
    '| é     |          2 |',
  ]);
});

const sizes = { full: { rows: 100, connections: [32, 256] }, quick: { rows: 5, connections: [2] } };

test.each([
  [[], false, sizes.full],
  [['--quick'], true, sizes.quick],
  [['--quick', '--rows', '7'], true, { rows: 7, connections: [2] }],
  [['--connections', '8,16'], false, { rows: 100, connections: [8, 16] }],
])('parameters of %j', (args, quick, parameters) => {
  expect(readParameters(sizes, args)).toEqual({ quick, parameters });
});

test.each([[['--rows', '0']], [['--rows', 'many']], [['--rows', '1,2']], [['--colour', '1']]])(
  'parameters refuse %j',
  (args) => {
    expect(() => readParameters(sizes, args)).toThrow();
  },
);

test('what the floor opens is what was sealed, and nothing else', () => {
  const key = new Uint8Array(32).fill(7);
  const sealed = sealFloorToken(key, 'token');
  expect(openFloorToken(key, sealed)).toBe('token');
  sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1;
  expect(() => openFloorToken(key, sealed)).toThrow();
});

test('the provider’s tokens name their grant and generation', () => {
  expect(readGrant(writeGrant('refresh', { grant: 12, generation: 3 }))).toEqual({ grant: 12, generation: 3 });
  expect(readGrant('refresh.12.3')).toBeUndefined();
});

test('a caller that gives up while it sends does not end the provider, and a program that ends says so', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-bench-'));
  const provider = await startProvider(
    { folder, onClose: (end) => void onTestFinished(() => void end()) },
    { latencyMs: 1 },
  );
  const socket = connect(Number(new URL(provider.url).port), '127.0.0.1');
  socket.write('POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf');
  await expect.poll(async () => (await provider.counts()).requests).toBe(1);
  socket.destroy();
  const answer = await fetch(provider.url, {
    method: 'POST',
    body: 'refresh_token=x',
    headers: { connection: 'close' },
  });
  expect(answer.status).toBe(400);
  expect(await provider.counts()).toMatchObject({ requests: 2, refused: 1 });
  provider.child.kill('SIGSTOP');
  const asked = provider.counts();
  provider.child.kill('SIGKILL');
  await expect(asked).rejects.toThrow('bench/programs/provider.ts ended before it answered (signal SIGKILL)');
  rmSync(folder, { recursive: true });
});
