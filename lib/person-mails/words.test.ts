import { describe, expect, test } from 'vitest';
import { parseConfig } from '#lib/config/config';
import { reconnectReasons } from '#lib/connections/reconnect-words';
import type { LedgerAction } from '#lib/ledger/actions';
import { composePersonMail, quotedLabel } from '#lib/person-mails/compose';
import { newsOf, newsSentence } from '#lib/person-mails/words';
import { hubEnvironment } from '#tests/hub';

const per = 'per_ada';
type Given = { actor: [type: 'person' | 'api_key' | 'system', id: string]; code?: string; details?: object };
const entry = (action: LedgerAction, { actor: [actorType, actorId], code, details }: Given) => ({
  ...{ action, actorType, actorId, personId: per, code: code ?? null },
  details: { ...details },
});

/** Event, who did it and why, and the beginning of what the person reads; null: no mail. */
const table: [LedgerAction, Given, string | null][] = [
  ['connection.created', { actor: ['person', per] }, 'This account was connected. If it was not you, disconnect it'],
  ['connection.reconnected', { actor: ['person', per] }, null],
  ['connection.imported', { actor: ['system', 'cli'] }, null],
  ['token.vended', { actor: ['api_key', 'key_x'] }, null],
  ['connection.revoked', { actor: ['person', per] }, null],
  ['connection.revoked', { actor: ['person', per], details: { reason: 'revocation drill' } }, null],
  [
    'connection.revoked',
    { actor: ['person', 'per_b'], details: { reason: 'left' } },
    'An administrator disconnected this',
  ],
  [
    'connection.revoked',
    { actor: ['api_key', 'key_x'] },
    'A service that manages connections disconnected this account.',
  ],
  ['connection.revoked', { actor: ['system', 'cli'] }, 'The operator disconnected this account.'],
  [
    'connection.revoked',
    { actor: ['person', 'per_b'], details: { bulk: 'blk_1', reason: 'incident' } },
    'An administrator disconnected many accounts at once. This account is one of them.',
  ],
  [
    'connection.revoked',
    { actor: ['person', 'per_b'], details: { reason: 'person disabled' } },
    'An administrator ended your access here.',
  ],
  [
    'connection.revoked',
    { actor: ['system', 'cli'], details: { reason: 'person deleted' } },
    'An administrator ended your access here.',
  ],
  [
    'connection.revoked',
    { actor: ['person', 'per_b'], details: { reason: 'person inactive' } },
    'An administrator disconnected this account because neither you nor a service had used it for a long time.',
  ],
  ...[...reconnectReasons, 'something_new'].map((code): [LedgerAction, Given, string] => [
    'connection.needs_reconnect',
    { actor: ['system', 'jobs'], code },
    {
      ended_at_provider: 'Acme ended this connection, as it does when you remove the access there.',
      invalid_grant: 'Acme stopped accepting this connection.',
      bad_refresh_token: 'Acme stopped accepting this connection.',
      answer_lost: 'An answer from Acme was lost on the way.',
      suspected_theft: 'Acme ended this connection because somebody else used a copy of this access.',
      possible_theft: 'Acme ended this connection. Somebody else may have used a copy of this access.',
      token_rejected: 'Acme no longer accepts the access that it gave.',
      no_refresh_token: 'The access that Acme gave has ended.',
    }[code] ?? 'This connection to Acme no longer works.',
  ]),
];

describe('S-10 what a person is told by mail', () => {
  test.each(table)('%s, %o', (action, given, words) => {
    const news = newsOf(entry(action, given));
    const sentence = news && newsSentence(news, 'Acme', 'help@example.com');
    if (words === null) expect(sentence).toBeNull();
    else expect(sentence?.startsWith(words)).toBe(true);
    expect(sentence ?? '').not.toMatch(/token|hub|grant|scope|revok/i);
  });

  test('an incident is told without naming a service', () => {
    const sentence = newsSentence({ event: 'incident', reason: 'new_network' }, 'Acme', null);
    expect(sentence).toMatch(/^Somebody may have used the access to this account without permission\./);
    expect(sentence).not.toMatch(/token|hub|grant|scope|revok/i);
  });

  test('a person without access is not sent to a page that they cannot open', () => {
    expect(newsSentence({ event: 'disconnected', reason: 'access_ended' }, 'Acme', null)).not.toContain('page');
  });

  test('one mail names each account once, with its page and no secret', () => {
    const config = { ...parseConfig(hubEnvironment), organisation: { name: 'Example', contact: 'help@example.com' } };
    const news = Array.from({ length: 22 }, (_, at) => ({
      ...{ event: 'needs_reconnect' as const, reason: 'ended_at_provider', provider: 'Acme', label: `ada-${at}` },
      ...{ connectionId: `con_${at}`, occurredAt: new Date('2026-11-29T12:00:00Z') },
    }));
    const { subject, text } = composePersonMail(config, news);
    expect(subject).toBe('Reconnect 22 of your accounts');
    expect(composePersonMail(config, news.slice(0, 1)).subject).toBe('Reconnect your Acme account');
    expect(text.match(/\/connections\/con_\d+$/gm)).toHaveLength(20);
    expect(text).toContain('And 2 more: http://localhost:3000/connections');
    expect(text).toContain('Acme, ada-0 (2026-11-29 12:00 UTC)');
    expect(text).toContain('Example sends this mail');
  });

  test.each([
    ['ada@example.com', 'ada@example.com'],
    ['Ada B. Lovelace, v1.2', 'Ada B. Lovelace, v1.2'],
    ['Ada\r\nBcc: x', 'Ada Bcc: x'],
    ['Ada\r\nBcc: x@example.com', null],
    ['evil.example', null],
    ['Your account is blocked. Go to acme-help.example now', null],
    ['Ask help@evil.example', null],
    ['evil\u3002example', null],
    ['tel:+1900555', null],
    ['Win at https://evil.example', null],
    ['www.evil.example', null],
    ['evil.example/win', null],
    ['\u202Eada\u200B', 'ada'],
    [' \n ', null],
    [null, null],
  ])('the label %j is quoted as %j', (label, quoted) => {
    expect(quotedLabel(label)).toBe(quoted);
  });
});
