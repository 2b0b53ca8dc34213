import { describe, expect, test } from 'vitest';
import { listedValues, literalEnd } from '#lib/config/pattern-values';

describe('the texts that a pattern lists', () => {
  test.each<[string, string[] | null]>([
    ['^us$', ['us']],
    ['^us|eu$', ['us', 'eu']],
    ['^(us|eu)$', ['us', 'eu']],
    ['^(?:us|eu\\.fr|ap\\-1)$', ['us', 'eu.fr', 'ap-1']],
    ['^(?:a\\.example|b\\.example)$', ['a.example', 'b.example']],
    ['^(us)|(eu)$', null],
    ['^(?:us|eu)?$', null],
    ['^(?:us|eu+)$', null],
    ['^(?:us|[a-z])$', null],
    ['^(?:us|.)$', null],
    ['^(?i:us|eu)$', null],
    ['^us.$', null],
    ['^us\\d$', null],
    ['^[a|b]$', null],
    ['^\\x41$', null],
  ])('%s', (pattern, values) => {
    expect(listedValues(pattern)).toEqual(values);
  });
});

describe('the text in which all values of a pattern end', () => {
  test.each([
    ['^[a-z]+\\.acme\\.example$', '.acme.example'],
    ['^(?:us|eu)\\.acme\\.example$', '.acme.example'],
    ['^[a-z]+-acme$', '-acme'],
    ['^ab?c$', 'c'],
    ['^a|b\\.acme\\.example$', ''],
    ['^[a-z]+(\\.acme)?$', ''],
    ['^[a-z]+\\.acme|[a-z]+$', ''],
    ['^[a-z.]+$', ''],
    ['^[a-z]+\\d$', ''],
    ['^[a-z]+.$', ''],
    ['^[a-z]+x{2}$', ''],
    ['^[a-z]+x*$', ''],
    ['^[a-z]+\\x41$', ''],
    ['^[a-z]+\\u0041$', ''],
    ['^[a-z]+\\p{L}$', ''],
    ['^([a-z]+)\\1$', ''],
  ])('%s', (pattern, end) => {
    expect(literalEnd(pattern)).toBe(end);
  });
});
