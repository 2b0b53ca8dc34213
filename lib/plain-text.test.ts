import { expect, test } from 'vitest';
import { isOwnId, isSubject, oneLine, plainText, showsSomething } from '#lib/plain-text';

test.each<[what: string, given: string, shown: string | null]>([
  ['a name', 'Ada Lovelace', 'Ada Lovelace'],
  ['a family of one emoji', '👩‍👩‍👧 ❤️', '👩‍👩‍👧 ❤️'],
  ['lines', 'A\r\nd\u2028a', 'Ada'],
  ['control characters', '\u0000A\u001b[31mda\u0085', 'A[31mda'],
  ['turned text', 'moc\u202e.elpmaxe', 'moc.elpmaxe'],
  ['half of a pair', 'Ada\ud800', 'Ada\ufffd'],
  ['nothing', '', null],
  ['spaces', ' \u00a0\u3000 ', null],
  ['a filler of Hangul', '\u3164\uffa0', null],
  ['the blank of Braille', '\u2800', null],
  ['joiners and marks of order', '\u200d\u200e\u2060', null],
  ['variation selectors', '\ufe0f\u{e0100}', null],
])('a name of another party, %s', (_what, given, shown) => {
  expect(plainText(given)).toBe(shown);
  expect(showsSomething(given)).toBe(shown !== null);
});

test.each(['', ' ', 'null', 'NULL', 'undefined', '[object Object]', 'a\nb', 'a\0', '\ud800'])(
  '%j names no account',
  (text) => {
    expect(isSubject(text)).toBe(false);
  },
);

test.each<[string, boolean]>([
  ['42', true],
  ['Nan', true],
  ['漢字 / 1', true],
  ['null', false],
  ['undefined', false],
  ['NaN', false],
  ['[object Object]', false],
  ['two\nlines', false],
  ['turned \u202e', false],
  ['\ud800', false],
])('the id of a user %j counts: %s', (text, counts) => {
  expect(isOwnId(text)).toBe(counts);
});

test.each([
  ['leaked on 11-29', 'leaked on 11-29'],
  ['two\r\nlines\tand a tab', 'two lines and a tab'],
  ['moc\u202e.elpmaxe\u2028x', 'moc.elpmaxe x'],
  ['half \ud800', 'half \ufffd'],
  ['zero \0 byte', 'zero   byte'],
  ['👩‍💻 left', '👩‍💻 left'],
])('what somebody typed, %j, is one line', (given, line) => {
  expect(oneLine(given)).toBe(line);
});
