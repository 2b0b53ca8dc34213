import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { parseArguments, UsageError } from '#lib/cli/arguments';
import { providerImport } from '#lib/cli/provider-import';
import { RegistryError } from '#lib/providers/registry/read-registry';

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
function runOn(file: string, args: readonly string[], input: string | Buffer = '') {
  const env = { NODE_ENV: 'test', PATH: process.env.PATH ?? '' } as const;
  const words = [main, 'provider', 'import', file, ...args];
  const done = spawnSync(process.execPath, words, { env, input, encoding: 'utf8' });
  return { status: done.status, stdout: done.stdout, stderr: done.stderr };
}

function fileOf(source: string | Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'registry-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'providers.yaml');
  writeFileSync(file, source);
  return file;
}

const run = (source: string, ...args: string[]) => runOn(fileOf(source), args);

/** The same in this process. */
const importOf = (source: string | Buffer, ...names: string[]) =>
  providerImport({ file: fileOf(source), names, json: false });

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

const unseen = ['\\u009b31m', '\\u202eevil', '\\u007f', '\\u2028', '\\U000E0041', '\\u200b'];

test('shows a terminal nothing unseen of a foreign file, and keeps its meaning', () => {
  const entry = (text: string, n: number) =>
    [
      `acme${n}:`,
      '  auth_mode: OAUTH2',
      '  authorization_url: https://acme.example/authorize',
      '  token_url: https://acme.example/token',
      `  display_name: "Acme ${text}"`,
    ].join('\n');
  const { stdout, stderr } = run(unseen.map(entry).join('\n'), '--json');
  expect(stdout.replaceAll('\n', '') + stderr.replaceAll('\n', '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
  const names = (JSON.parse(stdout).records as { name: string }[]).map(({ name }) => name);
  const meant = unseen.map((text) => JSON.parse(`"Acme ${text.replace('\\U000E0041', '\\udb40\\udc41')}"`));
  expect(names).toEqual(meant);
});

test.each([
  ['an entry that cannot be one of ours', acme, ['key'], 'auth_mode is API_KEY'],
  ['a name that is not there', acme, ['nothing'], '"nothing" is not in the file.'],
  ['a file that is no registry', '- a', [], 'its top has to be a mapping'],
])('ends with status 1 for %s', (_, source, names, message) => {
  expect(run(source, ...names)).toMatchObject({ status: 1, stderr: expect.stringContaining(message) });
});

const bomb = [
  'a: &a [x,x,x,x,x,x,x,x,x]',
  ...'bcdefghi'.split('').map((name, at) => {
    const uses = Array(9).fill(`*${'abcdefgh'[at]}`).join();
    return `${name}: &${name} [${uses}]`;
  }),
].join('\n');

test.each<[string, string | Buffer, string]>([
  ['nothing', '', 'The file is not a registry: its top has to be a mapping of names.'],
  ['text that is not UTF-8', Buffer.from([0x61, 0x3a, 0x20, 0xff, 0xfe]), 'The file is not UTF-8.'],
  ['UTF-16', Buffer.from(`\ufeff${acme}`, 'utf16le'), 'The file is not UTF-8.'],
  ['50 MB', Buffer.alloc(50_000_000, 'a'), 'The file is larger than 8 MiB.'],
  ['aliases that multiply', bomb, 'The file has more than 100 uses of YAML aliases.'],
  ['one name twice', `${acme}\n${acme}`, 'The file is not YAML: DUPLICATE_KEY in line 9.'],
])('refuses a file of %s', (_, source, message) => {
  expect(() => importOf(source)).toThrow(new RegistryError(message));
});

test('says of an entry with another way, or with none, that it cannot be taken', () => {
  const source = `${acme}\nnew: { auth_mode: TELEPATHY }\nnone: { display_name: x }\ntext: hello`;
  expect(importOf(source, 'new')).toMatchObject({ report: expect.stringContaining('TELEPATHY'), complete: false });
  expect(importOf(source, 'none')).toMatchObject({ report: expect.stringMatching(/^none: .*auth_mode/) });
  expect(() => importOf(source, 'text')).toThrow('"text" is not in the file.');
});

test('writes an entry once that is named twice', () => {
  const { output, complete } = importOf(acme, 'acme', 'acme');
  expect({ records: JSON.parse(output).length, complete }).toEqual({ records: 1, complete: true });
});

test('reads standard input for -', () => {
  expect(JSON.parse(runOn('-', ['acme'], acme).stdout)).toMatchObject([{ id: 'acme' }]);
});

test('bounds what has no size', () => {
  const zero = { file: '/dev/zero', names: [], json: false };
  expect(() => providerImport(zero)).toThrow('The file is larger than 8 MiB.');
});

test.each(['/', '/no/such/file'])('cannot read %s, and says so', (file) => {
  expect(() => providerImport({ file, names: [], json: false })).toThrow(UsageError);
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
