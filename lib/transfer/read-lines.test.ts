import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { SourceLine } from '#lib/transfer/import-row';
import { noteRows } from '#lib/transfer/note-rows';
import { readLines } from '#lib/transfer/read-lines';

async function linesOf(format: 'csv' | 'jsonl', text: string | Buffer): Promise<SourceLine[]> {
  const found: SourceLine[] = [];
  for await (const line of readLines(format, Readable.from([text]))) found.push(line);
  return found;
}
const header = 'user_id,access_token,refresh_token';
const fault = (line: number, text: string) => ({ line, fault: expect.stringContaining(text) });

describe('CSV', () => {
  test('a header, quotes, and a row that does not fit, told by its line and without its content', async () => {
    const text = `${header}\r\nper_1,"at ""one""",\r\nper_2,secret,x,y\r\nper_3,at-three,rt\r\n`;
    const lines = await linesOf('csv', text);
    expect(lines).toEqual(
      expect.arrayContaining([
        { line: 2, row: { user_id: 'per_1', access_token: 'at "one"', refresh_token: '' } },
        { line: 4, row: { user_id: 'per_3', access_token: 'at-three', refresh_token: 'rt' } },
        fault(3, 'no row of CSV'),
      ]),
    );
    expect(lines).toHaveLength(3);
  });

  test.each([
    ['a byte order mark and names in capitals', `\ufeffUser_ID, Access_Token ,refresh_token\nper_1,at,rt\n`],
    ['UTF-16, as a spreadsheet saves it', Buffer.from(`\ufeff${header}\nper_1,at,rt\n`, 'utf16le')],
  ])('%s', async (_, text) => {
    expect(await linesOf('csv', text)).toEqual([
      { line: 2, row: { user_id: 'per_1', access_token: 'at', refresh_token: 'rt' } },
    ]);
  });

  test.each([
    ['no header', 'per_1,secret-at,secret-rt\nper_2,secret-at,secret-rt\n'],
    ['semicolons', 'user_id;access_token\nper_1;secret-at\n'],
    ['no column of access tokens', 'user_id,token\nper_1,secret-at\n'],
  ])('%s ends the import with one fault, which shows nothing of the line', async (_, text) => {
    const lines = await linesOf('csv', text);
    expect(lines).toEqual([fault(1, 'is no header')]);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  test('a quote that nothing closes: the rows before it are read, and the rest is told', async () => {
    const open = `${header}\nper_1,at,rt\nper_2,"secret,rt\nper_3,at,rt\n`;
    const first = { line: 2, row: { user_id: 'per_1', access_token: 'at', refresh_token: 'rt' } };
    const short = await linesOf('csv', open);
    expect(short).toEqual(expect.arrayContaining([first, fault(4, 'nothing closes')]));
    const long = await linesOf('csv', `${open}${'per_4,secret,rt\n'.repeat(10_000)}`);
    const tooLong = { line: expect.any(Number), fault: expect.stringContaining('more than 64 KiB') };
    expect(long).toEqual(expect.arrayContaining([first, tooLong]));
    expect([short.length, long.length]).toEqual([2, 2]);
    expect(JSON.stringify(long)).not.toContain('secret');
  });
});

test('JSON Lines: a byte order mark is passed over, and a line that is no JSON is told without its content', async () => {
  expect(await linesOf('jsonl', '\ufeff{"user_id":"1"}\r\n\r\n{"access_token":"secret\n')).toEqual([
    { line: 1, row: { user_id: '1' } },
    { line: 3, fault: 'is no JSON' },
  ]);
});

describe('notes of a source', () => {
  test('the same refresh token twice is a fault: both connections would spend it', () => {
    const notes = noteRows();
    const row = (line: number, token: unknown) => ({ line, row: { refresh_token: token } });
    expect([row(1, 'secret'), row(2, ''), row(3, null), row(4, ''), row(5, 'other')].map(notes.take)).toEqual([
      row(1, 'secret'),
      row(2, ''),
      row(3, null),
      row(4, ''),
      row(5, 'other'),
    ]);
    expect(notes.take(row(6, 'secret'))).toEqual({
      line: 6,
      fault: 'refresh_token: line 1 has the same; both would spend it',
    });
    expect(notes.take({ line: 7, row: null })).toEqual({ line: 7, row: null });
  });

  test('columns that are not read are named, and no text that is no name', () => {
    const notes = noteRows();
    notes.take({ line: 1, row: { user_id: '1', refreshToken: 'x', 'eyJhbGciOiJSUzI1NiJ9.e30.c2VjcmV0': 1 } });
    expect(notes.unread()).toEqual(['refreshToken']);
  });
});
