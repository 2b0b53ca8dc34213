import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { completionScript } from '#lib/cli/arguments';

/** What bash itself offers after these words; the last one is begun. */
function offered(words: readonly string[]): string[] {
  const line = ['grantkeep', ...words];
  const ask = `COMP_WORDS=(${line.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _grantkeep; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync('bash', ['-c', `${completionScript()}\n${ask}`], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean);
}

test.each([
  [['prov'], ['providers', 'provider']],
  [
    ['alerts', ''],
    ['list', 'ack'],
  ],
  [['alerts', 'ack', '--n'], ['--note']],
  [['alerts', 'ack', '--id', 'alr_1', '--j'], ['--json']],
  [
    ['reload', ''],
    ['--json', '--help'],
  ],
  [['no-such-command', ''], []],
])('bash completes %j', (words, expected) => {
  expect(offered(words)).toEqual(expected);
});
