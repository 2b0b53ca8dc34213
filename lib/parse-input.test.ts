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
])('I-05 a text with a zero byte is refused with its field: %s', (path, input) => {
  expect(() => parseInput(schema, input)).toThrow(
    expect.objectContaining({ code: 'invalid_request', issues: [{ path, message: 'must not hold a zero byte' }] }),
  );
});

test('an id with a zero byte is not found', () => {
  expect(() => parseInput(schema, { id: 'con_\0', name: 'a' })).toThrow(expect.objectContaining({ code: 'not_found' }));
});

test('what the schema takes comes as it was given', () => {
  const input = { name: 'a', more: [{ of: 'b' }], at: new Date(0) };
  expect(parseInput(schema, input)).toEqual(input);
});
