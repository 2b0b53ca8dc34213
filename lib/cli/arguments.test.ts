import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { parseArguments, usageOf } from '#lib/cli/arguments';
import { UsageError } from '#lib/cli/invocation';

test.each([
  [['migrate'], { kind: 'migrate' }],
  [['config', 'check'], { kind: 'config-check' }],
  [
    ['check', 'acme', '--scenarios', '--json'],
    { kind: 'command', command: { command: 'check scenarios', provider: 'acme', json: true } },
  ],
  [['scripts', '--json'], { kind: 'scripts', json: true }],
  [
    ['evidence', '--from', '2026-07-01', '--to=2026-10-01T12:00:00Z'],
    {
      kind: 'command',
      command: { command: 'evidence', from: '2026-07-01T00:00:00.000Z', to: '2026-10-01T12:00:00.000Z' },
    },
  ],
  [
    ['drill', 'google', '--connection', 'con_1'],
    { kind: 'command', command: { command: 'drill', provider: 'google', connection: 'con_1' } },
  ],
  [['drill', 'google'], { kind: 'command', command: { command: 'drill', provider: 'google' } }],
  [['evidence', 'verify', 'b.json'], { kind: 'evidence', act: 'verify', file: 'b.json', key: undefined }],
  [['evidence', 'report', 'b.json', '--key', 'k'], { kind: 'evidence', act: 'report', file: 'b.json', key: 'k' }],
  [
    ['provider', 'check', 'shopify', '--part', 'shop=acme', '--json'],
    {
      kind: 'command',
      command: { command: 'provider check', provider: 'shopify', accountParams: { shop: 'acme' }, json: true },
    },
  ],
  [
    ['api-key', 'rotate', '--id', 'key_1', '--overlap-hours', '0'],
    { kind: 'command', command: { command: 'api-key rotate', id: 'key_1', overlapHours: 0 } },
  ],
  [
    ['api-key', 'rotate', '--id', 'key_1'],
    { kind: 'command', command: { command: 'api-key rotate', id: 'key_1', overlapHours: 24 } },
  ],
  [
    ['webhook', 'add', '--name', 'x', '--url', 'https://h.example/in', '--type', 'connection.created'],
    {
      kind: 'command',
      command: { command: 'webhook add', name: 'x', url: 'https://h.example/in', types: ['connection.created'] },
    },
  ],
  [['webhook', 'rotate', '--id', 'whk_1'], { kind: 'command', command: { command: 'webhook rotate', id: 'whk_1' } }],
  [
    ['application', 'create', '--name', 'X', '--contact', 'a@b.example', '--return-url', 'https://b.example/']
      .concat(['--return-url=https://b.example/2', '--provider', 'google', '--scope', 'google:openid'])
      .concat(['--scope', 'google:https://www.googleapis.com/auth/drive']),
    {
      kind: 'command',
      command: {
        command: 'application create',
        name: 'X',
        contact: 'a@b.example',
        returnUrls: ['https://b.example/', 'https://b.example/2'],
        providers: ['google'],
        scopes: { google: ['openid', 'https://www.googleapis.com/auth/drive'] },
      },
    },
  ],
  [
    ['application', 'show', '--id', 'app_1'],
    { kind: 'command', command: { command: 'application show', id: 'app_1' } },
  ],
  [
    ['application', 'change', '--id', 'app_1', '--every-provider', '--without-scopes'],
    {
      kind: 'command',
      command: { command: 'application change', id: 'app_1', providers: null, scopes: {} },
    },
  ],
  [
    ['application', 'change', '--id', 'app_1', '--name', 'Y'],
    { kind: 'command', command: { command: 'application change', id: 'app_1', name: 'Y' } },
  ],
  [
    ['application', 'disable', '--id', 'app_1', '--reason', 'leak'],
    { kind: 'command', command: { command: 'application disable', id: 'app_1', reason: 'leak' } },
  ],
  [
    ['api-key', 'list', '--application', 'app_1'],
    { kind: 'command', command: { command: 'api-key list', application: 'app_1' } },
  ],
  [['api-key', 'list'], { kind: 'command', command: { command: 'api-key list' } }],
  [['api-key', 'revoke', '--id', 'key_1'], { kind: 'command', command: { command: 'api-key revoke', id: 'key_1' } }],
  [
    ['api-key', 'create', '--name', 'X', '--scope', 'tokens:vend', '--scope=connections:read'],
    {
      kind: 'command',
      command: {
        command: 'api-key create',
        name: 'X',
        purpose: null,
        owner: null,
        scopes: ['tokens:vend', 'connections:read'],
        providers: null,
        applicationId: null,
        expiresInDays: null,
        ipRanges: null,
        ipRule: 'deny',
      },
    },
  ],
  [
    ['api-key', 'create', '--name', 'X', '--scope', 'tokens:vend', '--provider', 'google', '--expires-in-days', '0.5'],
    {
      kind: 'command',
      command: {
        command: 'api-key create',
        name: 'X',
        purpose: null,
        owner: null,
        scopes: ['tokens:vend'],
        providers: ['google'],
        applicationId: null,
        expiresInDays: 0.5,
        ipRanges: null,
        ipRule: 'deny',
      },
    },
  ],
  [
    ['api-key', 'addresses', '--id', 'key_1', '--from', '10.0.0.0/8', '--from=::1', '--elsewhere', 'alert'],
    {
      kind: 'command',
      command: { command: 'api-key addresses', id: 'key_1', ipRanges: ['10.0.0.0/8', '::1'], ipRule: 'alert' },
    },
  ],
  [
    ['api-key', 'addresses', '--id', 'key_1', '--anywhere'],
    { kind: 'command', command: { command: 'api-key addresses', id: 'key_1', ipRanges: null, ipRule: 'deny' } },
  ],
  [
    ['freeze', '--all', '--reason', 'a leak'],
    { kind: 'command', command: { command: 'freeze', scope: 'everything', target: '', reason: 'a leak' } },
  ],
  [
    ['freeze', '--api-key', 'key_1', '--reason', 'a leak'],
    { kind: 'command', command: { command: 'freeze', scope: 'api_key', target: 'key_1', reason: 'a leak' } },
  ],
  [
    ['thaw', '--provider', 'google', '--reason', 'over'],
    { kind: 'command', command: { command: 'thaw', scope: 'provider', target: 'google', reason: 'over' } },
  ],
  [['freezes'], { kind: 'command', command: { command: 'freezes' } }],
  [['revocations', 'held'], { kind: 'command', command: { command: 'revocations held' } }],
  [
    ['revocations', 'let-go', '--id', 'rfg_1:-1:per_1', '--reason', 'ended by hand'],
    { kind: 'command', command: { command: 'revocations let-go', id: 'rfg_1:-1:per_1', reason: 'ended by hand' } },
  ],
  [
    ['revocations', 'retry', '--id=rfg_1:-1:', '--reason', 'it is to end'],
    { kind: 'command', command: { command: 'revocations retry', id: 'rfg_1:-1:', reason: 'it is to end' } },
  ],
  [
    ['resume', '--provider', 'google', '--reason', 'it is well'],
    { kind: 'command', command: { command: 'resume', provider: 'google', reason: 'it is well' } },
  ],
  [
    ['import', '--from', 'csv', '--provider', 'acme', '--apply', '--refresh'],
    {
      kind: 'import-connections',
      options: { from: 'csv', provider: 'acme', people: null, apply: true, refresh: true },
    },
  ],
  [['export'], { kind: 'command', command: { command: 'export' } }],
  [['vault', 'status'], { kind: 'command', command: { command: 'vault status' } }],
  [['vault', 'rotate'], { kind: 'command', command: { command: 'vault rotate' } }],
  [['vault', 'reseal'], { kind: 'command', command: { command: 'vault reseal', pause: false } }],
  [['vault', 'reseal', '--pause'], { kind: 'command', command: { command: 'vault reseal', pause: true } }],
  [['vault', 'retire', 'k1'], { kind: 'command', command: { command: 'vault retire', id: 'k1' } }],
  [['ledger', 'verify'], { kind: 'command', command: { command: 'ledger verify', checkpoints: [] } }],
  [['ledger', 'checkpoint'], { kind: 'command', command: { command: 'ledger checkpoint' } }],
  [['ledger', 'prune'], { kind: 'command', command: { command: 'ledger prune' } }],
  [['ledger', 'stream'], { kind: 'ledger-stream', from: 0, cursor: undefined, follow: false }],
  [
    ['ledger', 'stream', '--from', '42', '--cursor', 'c', '--follow'],
    { kind: 'ledger-stream', from: 42, cursor: 'c', follow: true },
  ],
  [['ledger', 'reconcile', 'back.jsonl'], { kind: 'ledger-reconcile', file: 'back.jsonl', fromSeal: 1 }],
])('%j is understood', (args, expected) => {
  expect(parseArguments(args)).toEqual(expected);
});

test.each([
  [['nonsense']],
  [['api-key']],
  [['api-key', 'make']],
  [['api-key', 'rotate']],
  [['api-key', 'rotate', '--id', 'key_1', '--overlap-hours', '1.5']],
  [['api-key', 'rotate', '--id', 'key_1', '--overlap-hours', '721']],
  [['api-key', 'create', '--scope', 'tokens:vend']],
  [['api-key', 'create', '--name', ' ', '--scope', 'tokens:vend']],
  [['api-key', 'create', '--name', 'X']],
  [['api-key', 'create', '--name', 'X', '--scope', 'everything']],
  [['api-key', 'create', '--name', 'X', '--scope', 'tokens:vend', '--expires-in-days', 'soon']],
  [['api-key', 'create', '--name', 'X', '--scope', 'tokens:vend', '--expires-in-days', '-1']],
  [['api-key', 'create', '--name', 'X', '--scope', 'tokens:vend', 'stray']],
  [['api-key', 'list', '--all']],
  [['api-key', 'revoke']],
  [['api-key', 'addresses', '--from', '::1']],
  [['api-key', 'addresses', '--id', 'key_1']],
  [['api-key', 'addresses', '--id', 'key_1', '--from', '::1', '--anywhere']],
  [['api-key', 'addresses', '--id', 'key_1', '--from', '::1', '--elsewhere', 'ignore']],
  [['api-key', 'create', '--name', 'X', '--scope', 'tokens:vend', '--elsewhere', 'alert']],
  [['application']],
  [['application', 'create', '--name', 'X', '--contact', 'a@b.example']],
  [['application', 'create', '--contact', 'a@b.example', '--return-url', 'https://b.example/']],
  [['application', 'change', '--name', 'X']],
  [['application', 'change', '--id', 'app_1', '--every-provider', '--provider', 'google']],
  [['application', 'change', '--id', 'app_1', '--scope', 'openid']],
  [['application', 'disable', '--id', 'app_1']],
  [['application', 'appearance', '--id', 'app_1', '--light', '#000000']],
  [['application', 'appearance', '--id', 'app_1', '--logo', '/nowhere/logo.png']],
  [['application', 'appearance', '--id', 'app_1', '--logo', 'package-lock.json']],
  [['application', 'appearance', '--id', 'app_1', '--logo', 'app/icon.svg', '--without-logo']],
  [['freeze']],
  [['freeze', '--all']],
  [['freeze', '--all', '--reason', ' ']],
  [['freeze', '--reason', 'a leak']],
  [['freeze', 'google', '--reason', 'a leak']],
  [['freeze', '--provider', '', '--reason', 'a leak']],
  [['freeze', '--all', '--provider', 'google', '--reason', 'a leak']],
  [['thaw', '--person', 'per_1', '--connection', 'con_1', '--reason', 'over']],
  [['freezes', '--all']],
  [['revocations']],
  [['revocations', 'held', '--id', 'x']],
  [['revocations', 'erase', '--id', 'x', '--reason', 'y']],
  [['revocations', 'let-go', '--id', 'x']],
  [['revocations', 'let-go', '--id', 'x', '--reason', ' ']],
  [['revocations', 'retry', '--reason', 'y']],
  [['import']],
  [['import', '--from', 'xml', '--provider', 'acme']],
  [['import', '--from', 'csv']],
  [['import', '--from', 'csv', '--provider', 'acme', '--refresh']],
  [['export', '--to', 'nowhere.json']],
  [['vault']],
  [['vault', 'open']],
  [['vault', 'retire']],
  [['vault', 'retire', 'k1', 'k2']],
  [['vault', 'rotate', '--pause']],
  [['resume', '--provider', 'google']],
  [['resume', '--reason', 'it is well']],
  [['migrate', '--now']],
  [['ledger']],
  [['ledger', 'seal']],
  [['ledger', 'keys', '--all']],
  [['ledger', 'stream', '--from', '-1']],
  [['ledger', 'stream', '--from', 'now']],
  [['ledger', 'reconcile']],
  [['ledger', 'verify', '--checkpoint']],
  [['ledger', 'verify', '--checkpoint', '/nowhere/checkpoint']],
])('%j is refused with what is wrong', (args) => {
  expect(() => parseArguments(args)).toThrow(UsageError);
});

test.each([
  [['sessions', 'end', '--all'], { command: 'sessions end', person: null }],
  [['sessions', 'end', '--person', 'ada@example.com'], { command: 'sessions end', person: 'ada@example.com' }],
  [
    ['people', 'disable', '--person', 'per_1', '--reason', 'stolen'],
    { command: 'people disable', person: 'per_1', reason: 'stolen', lastAdministrator: false },
  ],
  [
    ['people', 'disable', '--person', 'per_1', '--reason', 'stolen', '--dangerously-last-administrator'],
    { command: 'people disable', person: 'per_1', reason: 'stolen', lastAdministrator: true },
  ],
  [
    ['people', 'enable', '--person', 'per_1', '--reason', 'back'],
    { command: 'people enable', person: 'per_1', reason: 'back' },
  ],
])('A-17 %j ends sessions and disables people', (args, command) => {
  expect(parseArguments(args)).toEqual({ kind: 'command', command });
});

test.each([
  [['sessions', 'end']],
  [['sessions', 'end', '--all', '--person', 'per_1']],
  [['people', 'disable', '--person', 'per_1']],
  [['people', 'enable', '--reason', 'x']],
  [['people', 'delete']],
])('A-17 %j is refused', (args) => {
  expect(() => parseArguments(args)).toThrow(UsageError);
});

/** The text of a help, which is all that its invocation holds. */
function helpOf(...args: string[]): string {
  const invocation = parseArguments(args);
  if (invocation.kind !== 'help') throw new Error(`${args.join(' ')} is a command.`);
  return invocation.text;
}

/** The commands that the whole help lists. */
const commands = [...helpOf().matchAll(/^ {2}([a-z][a-z -]*?) {2,}\S/gm)].map(([, name]) => name?.split(' ') ?? []);

test('the whole help lists every command', () => {
  expect(commands.map((words) => words.join(' '))).toEqual(
    expect.arrayContaining([
      'api-key create',
      'freeze',
      'people disable',
      'provider import',
      'ledger verify',
      'migrate',
    ]),
  );
  for (const args of [['help'], ['--help'], ['-h']]) expect(helpOf(...args)).toBe(helpOf());
});

test.each(commands.map((words) => [words]))('%j has a help with usage, options and an example', (words) => {
  const help = helpOf(...words, '--help');
  const name = `grantkeep ${words.join(' ')}`;
  expect(help).toMatch(new RegExp(`^Usage: ${name}( |\\n)`));
  expect(help).toContain('-h, --help');
  expect(help).toMatch(new RegExp(`\\nExample:\\n {2}${name}( |\\n)`));
  expect(helpOf('help', ...words)).toBe(help);
});

const required: Record<string, string[]> = {
  'sessions end': ['--all'],
  'people list': [],
  'people enable': ['--person', 'per_1', '--reason', 'back'],
  'providers list': [],
  'alerts list': [],
  'webhook list': [],
  'webhooks list': [],
  'webhook test': ['--id', 'whk_1'],
  'vault status': [],
  'ledger keys': [],
  'config check': [],
  reload: [],
  migrate: [],
};

test.each(Object.entries(required))('%s takes --json', (name, args) => {
  expect(() => parseArguments([...name.split(' '), ...args, '--json'])).not.toThrow();
});

test('every command takes --json, except where it prints a script, a note or a page', () => {
  const without = commands.filter((words) => !/ --json /.test(helpOf(...words, '--help')));
  expect(without.map((words) => words.join(' '))).toEqual(['ledger checkpoint', 'evidence report', 'completion']);
});

test('the help of a group lists its commands', () => {
  expect(helpOf('help', 'sessions')).toMatch(/\n {2}sessions end {2}/);
  expect(helpOf('ledger', '-h')).not.toContain('sessions');
});

test.each([
  [['legder'], 'Did you mean ledger?'],
  [['api-key', 'creat'], 'Did you mean create?'],
  [['api-key', 'create', '--scop', 'tokens:vend'], 'Did you mean --scope?'],
  [['legder', '--help'], 'Did you mean ledger?'],
  [['help', 'people', 'disabled'], 'Did you mean disable?'],
  [['api-key'], 'Give a command of api-key.'],
])('%j names the nearest command or option', (args, message) => {
  expect(() => parseArguments(args)).toThrow(message);
});

test.each([
  [['people', 'disable', '--person', 'per_1', '--reason', '--dangerously-last-administrator']],
  [['freeze', '--all', '--reason', '--help']],
  [['api-key', 'create', '--name', '-x', '--scope', 'tokens:vend']],
  [['api-key', 'create', '--name', 'X', '--scope', 'tokens:vend', 'connections:read']],
  [['api-key', 'list', '--', 'stray']],
  [['ledger', 'keys', '--help=yes']],
  [['sessions', 'end', '--all=no']],
])('%j is refused: an option keeps to one value of its own', (args) => {
  expect(() => parseArguments(args)).toThrow(UsageError);
});

test('a value that begins with a hyphen stands after an equals sign', () => {
  expect(parseArguments(['freeze', '--all', '--reason=--help'])).toMatchObject({ command: { reason: '--help' } });
});

test('a fault shows the usage of its own command, of its group, or of all', () => {
  expect(usageOf(['provider', 'check', '--no'])).toMatch(/^Usage: grantkeep provider check /);
  expect(usageOf(['provider', 'no'])).toMatch(/^Usage: grantkeep provider [\s\S]*provider import/);
  for (const args of [['no'], []]) expect(usageOf(args)).toMatch(/^Usage: grantkeep <command>/);
});

test.each([
  'http://localhost:3000/hooks',
  'http://127.0.0.1/',
  'https://[::1]:3000/hooks?x=1',
  'http://app.localhost:3000/',
])('listen forwards to %s', (to) => {
  expect(parseArguments(['listen', '--to', to, '--type', 'connection.created'])).toEqual({
    kind: 'listen',
    options: { to: new URL(to), hub: undefined, types: ['connection.created'], state: undefined },
  });
});

test.each([
  'https://hooks.example.com/in',
  'http://10.0.0.1/in',
  'http://[::ffff:10.0.0.1]/in',
  'http://localhost.example.com/in',
  'http://0.0.0.0/in',
  'http://169.254.169.254/',
  'file:///etc/passwd',
  'localhost:3000',
  'http://user:secret@localhost/',
  '',
])('listen refuses to forward to %j', (to) => {
  expect(() => parseArguments(['listen', `--to=${to}`])).toThrow(UsageError);
});

test('listen knows the types about connections alone', () => {
  const args = ['listen', '--to', 'http://localhost/', '--type', 'alert.opened'];
  expect(() => parseArguments(args)).toThrow('There is no type alert.opened here.');
});

/** A folder from which npm was called, with a file of this text. */
function calledFrom(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-caller-'));
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
  writeFileSync(join(folder, 'file'), text);
  vi.stubEnv('GRANTKEEP_CALLED_IN', folder);
  return folder;
}

test.each([
  [['evidence', 'verify', 'file'], (file: string) => ({ file })],
  [['evidence', 'report', 'file'], (file: string) => ({ file })],
  [['provider', 'import', 'file'], (file: string) => ({ file })],
  [['ledger', 'reconcile', 'file'], (file: string) => ({ file })],
  [['ledger', 'stream', '--cursor', 'file'], (cursor: string) => ({ cursor })],
  [['listen', '--to', 'http://localhost/', '--state', 'file'], (state: string) => ({ options: { state } })],
])('called in another folder: %j names a file there', (args, named) => {
  const folder = calledFrom('');
  expect(parseArguments(args)).toMatchObject(named(join(folder, 'file')));
});

test.each([
  [['ledger', 'verify', '--checkpoint', 'file'], { checkpoints: ['{"kty":"EC"}'] }],
  [['export', '--to', 'file'], { publicKey: { kty: 'EC' } }],
  [['application', 'appearance', '--id', 'app_1', '--logo', 'file'], { logo: btoa('{"kty":"EC"}') }],
])('called in another folder: %j reads a file there', (args, read) => {
  calledFrom('{"kty":"EC"}');
  expect(parseArguments(args)).toMatchObject({ command: read });
});
