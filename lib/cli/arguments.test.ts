import { expect, test } from 'vitest';
import { parseArguments, UsageError } from '#lib/cli/arguments';

test.each([
  [[], { kind: 'help' }],
  [['help'], { kind: 'help' }],
  [['--help'], { kind: 'help' }],
  [['migrate'], { kind: 'migrate' }],
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
      },
    },
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
  [['migrate', '--now']],
  [['ledger']],
  [['ledger', 'seal']],
  [['ledger', 'keys', '--all']],
  [['ledger', 'verify', '--checkpoint']],
  [['ledger', 'verify', '--checkpoint', '/nowhere/checkpoint']],
])('%j is refused with what is wrong', (args) => {
  expect(() => parseArguments(args)).toThrow(UsageError);
});
