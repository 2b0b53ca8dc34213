import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { generateApiKey } from '#lib/api-keys/key-format';
import { newConnectionId, newId, newPersonId } from '#lib/ids';
import { type Query, readQuery } from '#lib/search/read-query';

const digest = createHash('sha256').update('a token').digest();
const fingerprint = digest.toString('base64');
const key = generateApiKey();
const person = newPersonId();
const connection = newConnectionId(person);
const request = newId('req');

describe('S-03 what a text is, by its form', () => {
  test.each<[string, string, Query]>([
    ['nothing', ' ', { kind: 'nothing' }],
    ['a reference', request, { kind: 'request', reference: request }],
    [
      'a reference in quotes, at the end of a sentence',
      ` "${request}". `.trim(),
      { kind: 'request', reference: request },
    ],
    [
      'the reference of a page',
      'unavailable.err_0123456789abcdef',
      { kind: 'request', reference: 'err_0123456789abcdef' },
    ],
    ['a person', person.toUpperCase(), { kind: 'id', of: 'person', id: person }],
    ['a connection', connection, { kind: 'id', of: 'connection', id: connection }],
    ['half a connection', connection.slice(0, 20), { kind: 'words', text: connection.slice(0, 20) }],
    ['an alert', 'alr_0123456789abcdef', { kind: 'id', of: 'alert', id: 'alr_0123456789abcdef' }],
    ['an address', '203.0.113.7', { kind: 'address', ip: '203.0.113.7' }],
    ['an address of version 6', '2001:DB8::7', { kind: 'address', ip: '2001:db8::7' }],
    ['a network', '203.0.113.0/24', { kind: 'address', ip: '203.0.113.0/24' }],
    ['a fingerprint', fingerprint, { kind: 'fingerprint', fingerprint }],
    ['a fingerprint in hexadecimal', digest.toString('hex'), { kind: 'fingerprint', fingerprint }],
    ['a fingerprint in base64url', digest.toString('base64url'), { kind: 'fingerprint', fingerprint }],
    ['a whole API key', key, { kind: 'secret', prefix: key.slice(0, 9) }],
    ['a JSON Web Token', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.', { kind: 'secret', prefix: null }],
    ['a token by its kind', 'ghp_0123456789', { kind: 'secret', prefix: null }],
    ['the prefix of an API key', 'gk_abc123', { kind: 'words', text: 'gk_abc123' }],
    ['an e-mail address', 'Ada@example.com', { kind: 'words', text: 'Ada@example.com' }],
    ['two letters', 'ab', { kind: 'too_short' }],
  ])('%s', (_, text, expected) => {
    expect(readQuery(text)).toEqual(expected);
  });
});
