import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { parseArguments } from '#lib/cli/arguments';
import { UsageError } from '#lib/cli/invocation';
import { providerImport } from '#lib/cli/provider-import';
import { RegistryError } from '#lib/providers/registry-import/read-registry';

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

/** The same in this process, which needs no second to start. */
const importOf = (source: string | Buffer, ...names: string[]) =>
  providerImport({ file: fileOf(source), names, json: false });
const documentOf = (source: string) => providerImport({ file: fileOf(source), names: [], json: true });

test('reads standard input for -, prints records on standard output and what they lost on standard error', () => {
  const { status, stdout, stderr } = runOn('-', ['acme'], acme);
  expect({ status, records: JSON.parse(stdout) }).toMatchObject({
    status: 0,
    records: [{ id: 'acme', token_endpoint: 'https://acme.example/token' }],
  });
  expect(stderr).toBe('acme: brand_new (calls, lost): is not known to the import\n');
});

test('prints both as one document with --json, and nothing that a terminal would obey', () => {
  const { output, report } = documentOf(acme);
  expect(JSON.parse(output)).toMatchObject({ records: [{ id: 'acme' }], report: [{ field: 'brand_new' }] });
  expect(output + report).not.toContain('\u001b');
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
  const { output, report } = documentOf(unseen.map(entry).join('\n'));
  expect((output + report).replaceAll('\n', '')).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
  const names = (JSON.parse(output).records as { name: string }[]).map(({ name }) => name);
  const meant = unseen.map((text) => JSON.parse(`"Acme ${text.replace('\\U000E0041', '\\udb40\\udc41')}"`));
  expect(names).toEqual(meant);
});

test('ends with status 1 where a name gives no record', () => {
  const { status, stderr } = runOn(fileOf(acme), ['key']);
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('auth_mode is API_KEY') });
});

test('refuses a name that is not there', () => {
  expect(() => importOf(acme, 'nothing')).toThrow('"nothing" is not in the file.');
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
  ['a list', '- a', 'The file is not a registry: its top has to be a mapping of names.'],
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

test('bounds what has no size', () => {
  const zero = { file: '/dev/zero', names: [], json: false };
  expect(() => providerImport(zero)).toThrow('The file is larger than 8 MiB.');
});

test.each(['/', '/no/such/file'])('cannot read %s, and says so', (file) => {
  expect(() => providerImport({ file, names: [], json: false })).toThrow(UsageError);
});

test('needs a file', () => {
  expect(() => parseArguments(['provider', 'import'])).toThrow("Missing required argument 'file'.");
  expect(() => parseArguments(['provider', 'import', 'a.yaml', '--yaml'])).toThrow();
  expect(parseArguments(['provider', 'import', 'a.yaml', 'x', '--json'])).toEqual({
    kind: 'import',
    file: 'a.yaml',
    names: ['x'],
    json: true,
  });
});
