import { expect, test } from 'vitest';
import { parseArguments, UsageError, usage, usageOf } from '#lib/cli/arguments';

test.each([
  [[], { kind: 'help' }],
  [['help'], { kind: 'help' }],
  [['--help'], { kind: 'help' }],
  [['migrate'], { kind: 'migrate' }],
  [
    ['provider', 'check', 'shopify', '--part', 'shop=acme', '--json'],
    {
      kind: 'command',
      command: { command: 'provider check', provider: 'shopify', accountParams: { shop: 'acme' }, json: true },
    },
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
        scopes: ['tokens:vend', 'connections:read'],
        providers: null,
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
        scopes: ['tokens:vend'],
        providers: ['google'],
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
  [['ledger', 'verify'], { kind: 'command', command: { command: 'ledger verify', checkpoints: [] } }],
  [['ledger', 'checkpoint'], { kind: 'command', command: { command: 'ledger checkpoint' } }],
  [['ledger', 'prune'], { kind: 'command', command: { command: 'ledger prune' } }],
])('%j is understood', (args, expected) => {
  expect(parseArguments(args)).toEqual(expected);
});

test.each([
  [['nonsense']],
  [['api-key']],
  [['api-key', 'make']],
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
  [['resume', '--provider', 'google']],
  [['resume', '--reason', 'it is well']],
  [['migrate', '--now']],
  [['ledger']],
  [['ledger', 'seal']],
  [['ledger', 'keys', '--all']],
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

test('a fault shows the usage of its own command, and all of it where there is no such command', () => {
  expect(usageOf('provider')).toMatch(
    /^Usage: grantkeep <command>\n\n {2}provider check[\s\S]*\n {2}provider import[\s\S]*All commands: grantkeep help$/,
  );
  expect(usageOf('provider')).not.toContain('ledger');
  expect(usageOf('help')).toBe(
    'Usage: grantkeep <command>\n\n  help           Prints this.\n\nAll commands: grantkeep help',
  );
  for (const word of ['nothing', undefined]) expect(usageOf(word)).toBe(usage);
});
