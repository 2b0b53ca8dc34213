import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { isKept, keepForm, takeKept, watchForm } from './kept-form.ts';

/** A tab of a browser: its storage, and the person that its page is shown to. */
let person = 'per_ada';
const as = (id: string) => {
  person = id;
};
const stored = new Map<string, string>();

beforeEach(() => {
  person = 'per_ada';
  stored.clear();
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
    removeItem: (key: string) => stored.delete(key),
  });
  vi.stubGlobal('document', { querySelector: () => ({ dataset: { person } }) });
  vi.stubGlobal('location', { origin: 'https://hub.test' });
  vi.stubGlobal('FormData', Fields);
});
afterEach(() => vi.useRealTimers());

/** The fields of the form below. */
class Fields extends Map<string, string> {
  constructor(given: { fields: [string, string][] }) {
    super(given.fields);
  }
}

const path = '/admin/freezes';
const form = {
  fields: [
    ['reason', 'explained'],
    ['$ACTION_ID', 'x'],
    ['code', 'secret'],
  ],
  querySelectorAll: () => [{ name: 'code' }],
} as unknown as HTMLFormElement;

const keep = (goOn: boolean, returnTo = path) => keepForm(form, { path, returnTo, form: 'thaw', goOn });
const searchOf = (address: string) => new URL(address, 'https://hub.test').search;

describe('S-13 a form is kept while its person signs in once more', () => {
  test('as it was submitted, although the page has emptied its fields since, and as it is once a reader changes it', () => {
    const listeners = new Map<string, (event?: unknown) => void>();
    const watched = {
      fields: [['role', 'administrator']],
      querySelectorAll: () => [],
      addEventListener: (type: string, listener: (event?: unknown) => void) => listeners.set(type, listener),
    };
    const element = watched as unknown as HTMLFormElement;
    const kept = (goOn: boolean) => {
      const back = keepForm(element, { path, returnTo: path, form: 'role', goOn });
      return takeKept(path, 'role', searchOf(back))?.fields;
    };
    watchForm(element);
    listeners.get('submit')?.({ submitter: null });
    watched.fields = [['role', 'user']];
    expect(kept(true)).toEqual([['role', 'administrator']]);
    expect(kept(false)).toEqual([['role', 'user']]);
    listeners.get('input')?.();
    expect(kept(true)).toEqual([['role', 'user']]);
  });

  test('and goes on by itself on the way back, once', () => {
    const back = keep(true, '/admin/freezes?cursor=1');
    expect(back).toMatch(/^\/admin\/freezes\?cursor=1&go_on=[0-9a-f]{32}$/);
    expect(isKept(path, 'thaw')).toBe(true);
    const kept = { fields: [['reason', 'explained']], button: null, goOn: true };
    expect(takeKept(path, 'thaw', searchOf(back))).toEqual(kept);
    expect(takeKept(path, 'thaw', searchOf(back))).toBeNull();
  });

  test('by the button that submitted it', () => {
    const listeners = new Map<string, (event: unknown) => void>();
    const element = {
      fields: [['q', 'ada']],
      querySelectorAll: () => [],
      addEventListener: (type: string, listener: (event: unknown) => void) => listeners.set(type, listener),
    } as unknown as HTMLFormElement;
    watchForm(element);
    listeners.get('submit')?.({ submitter: { name: 'format', value: 'csv' } });
    const back = keepForm(element, { path, returnTo: '/admin/ledger?q=ada', form: 'export', goOn: true });
    expect(takeKept(path, 'export', searchOf(back))).toMatchObject({ button: ['format', 'csv'], goOn: true });
  });

  test.each([
    '{"kty":"OKP","crv":"X25519","x":"hSDw","d":"c2VjcmV0"}',
    '{"kty":"oct", "k" : "AAAA"}',
    '-----BEGIN EC PRIVATE KEY-----\nMHc=',
  ])('but not with a private key that was pasted by mistake: %s', (pasted) => {
    const element = { fields: [['public_key', pasted]], querySelectorAll: () => [] } as unknown as HTMLFormElement;
    expect(keepForm(element, { path, returnTo: path, form: 'export', goOn: true })).toBe(path);
    expect([...stored.values()].join()).toBe('');
    const given = [['public_key', '{"kty":"OKP","crv":"X25519","x":"hSDw"}']];
    const whole = { fields: given, querySelectorAll: () => [] } as unknown as HTMLFormElement;
    keepForm(whole, { path, returnTo: path, form: 'export', goOn: true });
    expect(takeKept(path, 'export', '')).toMatchObject({ fields: given });
  });

  test.each<[string, search: (back: string) => string]>([
    ['by an address without its mark', () => ''],
    ['by the mark of another form', () => '?go_on=00000000-0000-0000-0000-000000000000'],
  ])('and is filled in, but does not go on, when its person comes back %s', (_, search) => {
    expect(takeKept(path, 'thaw', search(keep(true)))).toMatchObject({ goOn: false });
  });

  test('and does not go on where it was not submitted', () => {
    expect(keep(false)).toBe(path);
    expect(takeKept(path, 'thaw', '?go_on=null')).toMatchObject({ goOn: false });
  });

  test.each<[string, () => unknown, page: string, form: string]>([
    ['another person of the same tab', () => as('per_eve'), path, 'thaw'],
    ['a later visit', () => vi.useFakeTimers({ now: Date.now() + 11 * 60_000 }), path, 'thaw'],
    ['another page', () => {}, '/admin', 'thaw'],
    ['another form of the page', () => {}, path, 'freeze'],
  ])('%s finds nothing of it', (_, meanwhile, page, name) => {
    const back = keep(true);
    meanwhile();
    expect(isKept(page, name)).toBe(false);
    expect(takeKept(page, name, searchOf(back))).toBeNull();
  });

  test('and a browser that keeps nothing loses what was typed, no more', () => {
    vi.stubGlobal('sessionStorage', undefined);
    expect(keep(true)).toBe(path);
    expect(takeKept(path, 'thaw', '')).toBeNull();
  });
});
