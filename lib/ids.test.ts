import { expect, test } from 'vitest';
import { hashSecret, newConnectionId, newId, newPersonId, newSecret, personOfConnection } from '#lib/ids';

test('a connection’s id leads to its person', () => {
  const person = newPersonId();
  expect(personOfConnection(newConnectionId(person))).toBe(person);
});

test.each([
  '',
  'con_',
  newPersonId(),
  newId('con'),
  `${newConnectionId(newPersonId())}0`,
  `${newConnectionId(newPersonId())}\n`,
  ` ${newConnectionId(newPersonId())}`,
  newConnectionId(newPersonId()).toUpperCase(),
  `con_${'i'.repeat(32)}`,
  `con_${'0'.repeat(16)}' or true --0000`,
  'x'.repeat(100_000),
])('%.60s is no connection’s id', (text) => {
  expect(personOfConnection(text)).toBeUndefined();
});

test.each([
  ['newPersonId', newPersonId, /^per_[0-9a-hjkmnp-tv-z]{16}$/],
  ['newConnectionId', () => newConnectionId('per_0000000000000000'), /^con_0{16}[0-9a-hjkmnp-tv-z]{16}$/],
  ['newId', () => newId('ses'), /^ses_[0-9a-hjkmnp-tv-z]{16}$/],
  ['newSecret', newSecret, /^[\w-]{43}$/],
])('%s: ten thousand are all different and of one form', (_, make, form) => {
  const made = Array.from({ length: 10_000 }, make);
  expect(new Set(made).size).toBe(made.length);
  expect(made.every((text) => form.test(text))).toBe(true);
});

test('every character of an id is about as likely as any other', () => {
  const counts = new Map<string, number>();
  for (let n = 0; n < 4_000; n++)
    for (const letter of newId('x').slice(2)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  expect(counts.size).toBe(32);
  // 64,000 letters: 2,000 of each, with a spread of 44; ten times that is no accident.
  for (const count of counts.values()) expect(Math.abs(count - 2_000)).toBeLessThan(440);
});

test('a secret’s hash is SHA-256', () => {
  expect(hashSecret('abc')).toBe(
    Buffer.from('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 'hex').toString('base64url'),
  );
});
