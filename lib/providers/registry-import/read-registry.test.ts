import { describe, expect, test } from 'vitest';
import { readRegistry } from '#lib/providers/registry-import/read-registry';
import { least, registry } from '#tests/registry-entries';

describe('a foreign file', () => {
  const laughs = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
    .split('')
    .map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[at]}`).join()}]`)
    .join('\n')}`;
  test.each<[string, string, string]>([
    ['aliases that multiply', laughs, 'more than 100 uses of YAML aliases'],
    ['more than 8 MiB', `a: ${'x'.repeat(8 * 1024 * 1024)}`, 'larger than 8 MiB'],
    ['two entries of one name', 'a: 1\na: 2', 'not YAML: DUPLICATE_KEY in line 2'],
    ['no YAML', 'a: [', 'not YAML'],
    ['a list', '- a\n- b', 'its top has to be a mapping'],
    ['nothing', '', 'its top has to be a mapping'],
  ])('with %s is refused', (_, source, message) => {
    expect(() => readRegistry(source)).toThrow(message);
  });

  test('can name no types, and reach no prototype', () => {
    const source = `__proto__: { auth_mode: OAUTH2 }\nacme: !!js/function "() => 1"\nother: { auth_mode: OAUTH2, __proto__: { x: 1 } }`;
    const { entries } = readRegistry(source);
    expect([...entries.keys()]).not.toContain('acme');
    expect(({} as Record<string, unknown>).auth_mode).toBeUndefined();
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  test('whose aliases lead in a circle, or nowhere, loses these entries only', () => {
    const { entries, faults } = readRegistry(registry({ alias: 'acme-1' }, { alias: 'acme' }, { alias: 'x' }, least));
    expect([...entries.keys()]).toEqual(['acme-3']);
    expect(faults.get('acme')).toContain('circle');
    expect(faults.get('acme-2')).toContain('"x" is not in the file');
  });
});
