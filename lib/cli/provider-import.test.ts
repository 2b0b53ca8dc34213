import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { parseArguments } from '#lib/cli/arguments';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const acme = [
  'acme:',
  '    display_name: "Acme \\e[31m"',
  '    auth_mode: OAUTH2',
  '    authorization_url: https://acme.example/authorize',
  '    token_url: https://acme.example/token',
  '    default_scopes: [read]',
  '    brand_new: 1',
  'key: { auth_mode: API_KEY }',
].join('\n');

/** The command line in a process of its own, without a line of configuration. */
function run(source: string, ...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'registry-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'providers.yaml');
  writeFileSync(file, source);
  const env = { NODE_ENV: 'test', PATH: process.env.PATH ?? '' } as const;
  const done = spawnSync(process.execPath, [main, 'provider', 'import', file, ...args], { env, encoding: 'utf8' });
  return { status: done.status, stdout: done.stdout, stderr: done.stderr };
}

test('prints records on standard output and what they lost on standard error', () => {
  const { status, stdout, stderr } = run(acme, 'acme');
  expect({ status, records: JSON.parse(stdout) }).toMatchObject({
    status: 0,
    records: [{ id: 'acme', token_endpoint: 'https://acme.example/token' }],
  });
  expect(stderr).toBe('acme: brand_new (calls, lost): is not known to the import\n');
});

test('prints both as one document with --json, and nothing that a terminal would obey', () => {
  const { stdout, stderr } = run(acme, '--json');
  expect(JSON.parse(stdout)).toMatchObject({ records: [{ id: 'acme' }], report: [{ field: 'brand_new' }] });
  expect(stdout + stderr).not.toContain('\u001b');
});

test.each(['\\u009b31m', '\\u202eevil', '\\u007f', '\\u2028', '\\U000E0041', '\\u200b'])(
  'shows a terminal none of %s of a foreign file, and keeps its meaning',
  (unseen) => {
    const { stdout, stderr } = run(
      `acme:\n  auth_mode: OAUTH2\n  authorization_url: https://acme.example/authorize\n  token_url: https://acme.example/token\n  display_name: "Acme ${unseen}"\n`,
      '--json',
    );
    expect(stdout.replaceAll('\n', '') + stderr.replaceAll('\n', '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    expect(JSON.parse(stdout).records[0].name).toBe(
      JSON.parse(`"Acme ${unseen.replace('\\U000E0041', '\\udb40\\udc41')}"`),
    );
  },
);

test.each([
  ['an entry that cannot be one of ours', acme, ['key'], 'auth_mode is API_KEY'],
  ['a name that is not there', acme, ['nothing'], '"nothing" is not in the file.'],
  ['a file that is no registry', '- a', [], 'its top has to be a mapping'],
])('ends with status 1 for %s', (_, source, names, message) => {
  expect(run(source, ...names)).toMatchObject({ status: 1, stderr: expect.stringContaining(message) });
});

test('needs a file', () => {
  expect(() => parseArguments(['provider', 'import'])).toThrow('Give the file of the registry.');
  expect(() => parseArguments(['provider', 'import', 'a.yaml', '--yaml'])).toThrow();
  expect(parseArguments(['provider', 'import', 'a.yaml', 'x', '--json'])).toEqual({
    kind: 'import',
    file: 'a.yaml',
    names: ['x'],
    json: true,
  });
});
