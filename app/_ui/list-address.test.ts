import { expect, test } from 'vitest';
import { filteredAddress, nextAddress, openedAddress, previousAddress, readListAddress } from './list-address.ts';

const path = '/admin/connections';
const search = (address: string) => Object.fromEntries(new URL(address, 'http://hub.test').searchParams);
const read = (address: string) => readListAddress(search(address), ['q', 'status']);

test('Next and Previous lead through the same pages in both directions, filters kept', () => {
  const first = read(`${path}?q=ada`);
  expect(previousAddress(path, first)).toBeNull();
  const second = read(nextAddress(path, first, 'c2'));
  expect(second).toMatchObject({ filters: { q: 'ada' }, cursor: 'c2' });
  const third = read(nextAddress(path, second, 'c3'));
  expect(third.cursor).toBe('c3');

  const backAtSecond = read(previousAddress(path, third) ?? '');
  expect(backAtSecond.cursor).toBe('c2');
  expect(backAtSecond.filters).toEqual({ q: 'ada' });
  expect(previousAddress(path, backAtSecond)).toBe(`${path}?q=ada`);
});

test('the way back stays of bounded length', () => {
  let at = read(path);
  for (let page = 2; page < 100; page += 1) at = read(nextAddress(path, at, `c${page}`));
  expect(at.trail).toHaveLength(20);
});

test('another filter begins the list anew', () => {
  const at = read(`${path}?q=ada&cursor=c2&trail=`);
  expect(filteredAddress(path, at, { q: undefined, status: 'revoked' })).toBe(`${path}?status=revoked`);
});

test('a filter given twice, empty or too long counts as absent', () => {
  expect(readListAddress({ q: ['a', 'b'], status: ' ' }, ['q', 'status']).filters).toEqual({});
  expect(readListAddress({ q: 'a'.repeat(201) }, ['q']).filters).toEqual({});
});

test('an open row keeps its page, and the way back from it', () => {
  const first = read(openedAddress(path, read(`${path}?q=ada`), 7, 'c0'));
  expect(first).toMatchObject({ cursor: 'c0', filters: { q: 'ada' } });
  expect(previousAddress(path, first)).toBe(`${path}?q=ada`);
  const second = read(nextAddress(path, first, 'c1'));
  expect(openedAddress(path, second, 7, 'c9')).toBe(`${nextAddress(path, first, 'c1')}&entry=7`);
  expect(openedAddress(path, second, null, 'c9')).toBe(nextAddress(path, first, 'c1'));
});
