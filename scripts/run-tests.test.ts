import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

function runTests(...args: string[]): { status: number | null; last: string | undefined } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/run-tests.ts', ...args], {
    encoding: 'utf8',
    env: { ...process.env, TEST_SUMMARY_FILE: '' },
  });
  return { status, last: `${stderr}${stdout}`.trimEnd().split('\n').at(-1) };
}

test('a step that succeeds ends with the count and status 0', () => {
  expect(runTests('lint', 'biome.json')).toEqual({ status: 0, last: '1 passed, 0 failed' });
});

test('a step that fails ends with the count and status 1', () => {
  expect(runTests('lint', 'there-is-no-such-file.ts')).toEqual({ status: 1, last: '0 passed, 1 failed' });
});

test('what failed is named again at the end, above the count', () => {
  const { stdout } = spawnSync(process.execPath, ['scripts/run-tests.ts', 'lint', 'there-is-no-such-file.ts'], {
    encoding: 'utf8',
  });
  expect(stdout.trimEnd().split('\n').slice(-5)).toEqual([
    'Failed:',
    '  lint: see above',
    '',
    expect.stringMatching(/^The whole took /),
    '0 passed, 1 failed',
  ]);
});

test('a test runner that cannot even begin counts as failed', () => {
  expect(runTests('unit', '--there-is-no-such-option')).toEqual({ status: 1, last: '0 passed, 1 failed' });
});

test('an unknown step is refused', () => {
  expect(runTests('lnit').status).toBe(2);
});
