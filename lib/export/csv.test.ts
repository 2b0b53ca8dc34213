import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { type Cell, csvOf } from '#lib/export/csv';

async function* of<Row>(...rows: Row[]): AsyncGenerator<Row> {
  yield* rows;
}

const written = (...values: Cell[]) => text(csvOf(['value'], of(...values.map((value) => ({ value })))));

test('the header and a line a row, ended as RFC 4180 says', async () => {
  const rows = of({ a: 'x', b: 1 }, { a: null, b: true });
  expect(await text(csvOf(['b', 'a'], rows))).toBe('b,a\r\n1,x\r\ntrue,\r\n');
});

test('no rows leave the header', async () => {
  expect(await text(csvOf(['a', 'b'], of<Record<'a' | 'b', Cell>>()))).toBe('a,b\r\n');
});

test('moments are ISO 8601', async () => {
  expect(await written(new Date('2026-11-22T12:03:22.500Z'))).toBe('value\r\n2026-11-22T12:03:22.500Z\r\n');
});

describe('a text', () => {
  test.each([
    ['a,b', '"a,b"'],
    ['a"b', '"a""b"'],
    ['a\nb', '"a\nb"'],
    ['a\rb', '"a\rb"'],
    ['a\r\nb', '"a\r\nb"'],
    ['Ada Marlow', 'Ada Marlow'],
  ])('%j is quoted where it must be', async (given, expected) => {
    expect(await written(given)).toBe(`value\r\n${expected}\r\n`);
  });

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '=cmd|" /C calc"!A0'])(
    '%j is no formula to a spreadsheet',
    async (given) => {
      const line = (await written(given)).slice('value\r\n'.length);
      expect(line).toMatch(/^"?'/);
    },
  );
});

test('a fault of the source ends the stream with it', async () => {
  async function* broken(): AsyncGenerator<{ a: string }> {
    yield { a: 'x' };
    throw new Error('the database went away');
  }
  await expect(text(csvOf(['a'], broken()))).rejects.toThrow('the database went away');
});
