import { expect, test } from 'vitest';
import { z } from 'zod';
import { parseInput } from '#lib/parse-input';

const schema = z.object({
  id: z.string().optional(),
  name: z.string(),
  more: z.array(z.object({ of: z.string() })).optional(),
  at: z.date().optional(),
});

test.each([
  ['name', { name: 'a\0b' }],
  ['more.1.of', { name: 'a', more: [{ of: 'b' }, { of: '\0' }] }],
  ['name', { name: 'a\ud800' }],
  ['more.0.of', { name: 'a😀', more: [{ of: '\ude00' }] }],
])('I-05 a text that the database cannot hold is refused with its field: %s', (path, input) => {
  expect(() => parseInput(schema, input)).toThrow(
    expect.objectContaining({
      code: 'invalid_request',
      issues: [{ path, message: 'must not hold a zero byte or half of a character' }],
    }),
  );
});

test.each(['con_\0', 'con_\ud800'])('an id such as %j is not found', (id) => {
  expect(() => parseInput(schema, { id, name: 'a' })).toThrow(expect.objectContaining({ code: 'not_found' }));
});

test('what the schema takes comes as it was given', () => {
  const input = { name: 'a', more: [{ of: 'b' }], at: new Date(0) };
  expect(parseInput(schema, input)).toEqual(input);
});
