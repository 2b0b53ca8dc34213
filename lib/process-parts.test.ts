import { afterEach, expect, test, vi } from 'vitest';
import { existing, forget, once } from '#lib/process-parts';

const name = 'registry-test';
afterEach(() => forget(name));

test('a part is made once, also where it is undefined', () => {
  const make = vi.fn(() => undefined);
  once(name, make);
  once(name, make);
  expect(make).toHaveBeenCalledTimes(1);
});

test('another copy of the module, as a bundle has one, finds the same parts', async () => {
  const part = once(name, () => ({ made: 'here' }));
  vi.resetModules();
  const copy = await import('#lib/process-parts');
  expect(copy.once).not.toBe(once);
  expect(copy.once(name, () => ({ made: 'there' }))).toBe(part);
  copy.forget(name);
  expect(existing(name)).toBeUndefined();
});

test('a part whose making threw is not there, and the next may try again', () => {
  const broken = () => {
    throw new Error('broken');
  };
  expect(() => once(name, broken)).toThrow('broken');
  expect(existing(name)).toBeUndefined();
  expect(once(name, () => 'whole')).toBe('whole');
});
