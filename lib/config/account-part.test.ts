import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { browserPattern, matchesPart, readPart } from '#lib/config/account-part';
import { providerRecordSchema } from '#lib/config/provider-record';

/** As the HTML Standard compiles `<input pattern>`. */
const inBrowser = (pattern: string) => new RegExp(`^(?:${pattern})$`, 'v');

describe('P-28 a pattern that browsers take', () => {
  test.each([
    ['^[a-z0-9][a-z0-9-]{0,59}$', '^[a-z0-9][a-z0-9\\-]{0,59}$'],
    ['^[-a-z]+$', '^[\\-a-z]+$'],
    ['^[^-a-z]+$', '^[^\\-a-z]+$'],
    ['^[a-z-0-9]+$', '^[a-z\\-0-9]+$'],
    ['^[a-z0-9._/-]+$', '^[a-z0-9._\\/\\-]+$'],
    ['^[(a|b)]+$', '^[\\(a\\|b\\)]+$'],
    ['^[\\w-]+$', '^[\\w\\-]+$'],
    ['^[a-z\\-]+$', '^[a-z\\-]+$'],
    ['^[a-z]+$', '^[a-z]+$'],
    ['^\\[x-y\\]$', '^\\[x-y\\]$'],
  ])('%s', (given, wanted) => {
    expect(browserPattern(given)).toBe(wanted);
    expect(() => inBrowser(wanted)).not.toThrow();
  });

  test.each(['^[z-a]$', '^($', '^[b-a--]$'])('%s cannot be used, and the start says so', (pattern) => {
    expect(browserPattern(pattern)).toBeNull();
    const parsed = providerRecordSchema({ appUrl: new URL('https://hub.example') }).safeParse({
      id: 'shops',
      name: 'Shops',
      issuer: 'https://{shop}.shops.example',
      client_id: 'c',
      client_secret: 's',
      account_params: [{ name: 'shop', label: 'Shop', pattern, example: 'acme' }],
    });
    expect(parsed.error?.issues.map(({ path }) => path.join('.'))).toContain('account_params.0.pattern');
  });

  test('a rewritten class matches what it matched before', () => {
    const atom = fc.constantFrom('a-z', '0-9', 'A-Z', '.', '_', '/', '(', ')', '|', '\\.', '\\w', '\\d', 'x');
    const inner = fc.tuple(
      fc.constantFrom('', '-', '^', '^-'),
      fc.array(atom, { minLength: 1, maxLength: 5 }),
      fc.constantFrom('', '-'),
    );
    fc.assert(
      fc.property(inner, fc.string({ maxLength: 12 }), ([before, atoms, after], text) => {
        const pattern = `^[${before}${atoms.join('')}${after}]*$`;
        const rewritten = browserPattern(pattern);
        expect(rewritten).not.toBeNull();
        expect(matchesPart(rewritten ?? '', text)).toBe(new RegExp(pattern, 'u').test(text));
      }),
      { numRuns: 500 },
    );
  });
});

describe('P-28 what people type', () => {
  const templates = ['https://{shop}.shops.example/oauth/authorize', 'https://api.example/{shop}/token'];
  const shop = { name: 'shop', pattern: '^[a-z0-9][a-z0-9\\-]{0,59}$' };
  test.each([
    ['acme', 'acme'],
    ['  acme ', 'acme'],
    ['ACME', 'acme'],
    ['https://acme.shops.example/admin?x=1', 'acme'],
    ['acme.shops.example', 'acme'],
    ['https://ACME.shops.example/', 'acme'],
    ['HTTPS://acme.shops.example', 'acme'],
    ['http://acme.shops.example', 'acme'],
    ['https:/acme.shops.example', 'acme'],
    ['//acme.shops.example/', 'acme'],
    ['acme.shops.example.', 'acme'],
    ['acme.shops.example:443', 'acme'],
    ['acme.shops.example/admin#/orders', 'acme'],
    ['<https://acme.shops.example>', 'acme'],
    ['“https://acme.shops.example”,', 'acme'],
    ['"acme"', 'acme'],
    ['\u200bacme\ufeff', 'acme'],
    ['https://acme.shops.example\u2060/', 'acme'],
    ['https://api.example/acme/token', 'acme'],
    ['api.example/ACME', 'acme'],
  ])('%j means %s', (typed, part) => {
    expect(readPart(shop, typed, templates)).toBe(part);
  });
  test.each([
    '',
    'two words',
    'https://acme.evil.example',
    'https://a.b.shops.example',
    '../x',
    'a/b',
    'shops.example',
    'acmé',
    'https://acme.shops.example@evil.example/',
    'https://user@acme.shops.example/',
    'https://acme.shops.example.evil.example',
    'https://evil.example/acme.shops.example',
    'https://acme.shops.example:8443',
    'ftp://acme.shops.example',
    'javascript:acme.shops.example',
    'https://api.example/',
    'https://api.example/a%2Fb/token',
    'https://',
  ])('%j means nothing', (typed) => {
    expect(readPart(shop, typed, templates)).toBeNull();
  });
  test('each of several parts of a host or a path is found in one address', () => {
    const places = ['https://{shop}.{region}.shops.example/orgs/{org}/authorize'];
    const read = (name: string) =>
      readPart({ name, pattern: '^[a-z0-9]+$' }, 'https://acme.eu.shops.example/orgs/blue/settings', places);
    expect(['shop', 'region', 'org'].map(read)).toEqual(['acme', 'eu', 'blue']);
  });
  test('a part that a template has twice is read from another template, or not at all', () => {
    const twice = 'https://{shop}.{shop}.example/a';
    expect(readPart(shop, 'https://acme.acme.example', [twice])).toBeNull();
    expect(readPart(shop, 'https://acme.shops.example', [twice, ...templates])).toBe('acme');
  });
  test('a pattern of capitals keeps them', () => {
    expect(readPart({ name: 'org', pattern: '^[A-Z]+$' }, 'ACME', [])).toBe('ACME');
  });
});

describe('what people type for a whole server', () => {
  const base = { name: 'base', pattern: '^[a-z0-9.\\-]+(:\\d+)?(\\/[A-Za-z0-9._~\\-]+)*$', base: true };
  test.each([
    ['jira.example.com', 'jira.example.com'],
    ['JIRA.example.com:8443/Jira/', 'jira.example.com:8443/Jira'],
    ['https://jira.example.com:443/', 'jira.example.com'],
    ['https://jira.example.com/jira?x=1#y', 'jira.example.com/jira'],
    ['jira.example.com/a/../b', 'jira.example.com/b'],
    ['jira.example.com/%2e%2e/b', 'jira.example.com/b'],
  ])('%j means %s', (typed, part) => {
    expect(readPart(base, typed, [])).toBe(part);
  });
  test.each([
    ...['', 'two words', 'user:pass@jira.example.com', 'jira.example.com@evil.example', 'jira.example.com/a%2Fb'],
    ...['jira.example.com:99999', 'https://', 'ftp://jira.example.com', 'a/{b}', '[::1]:80'],
  ])('%j means nothing', (typed) => {
    expect(readPart(base, typed, [])).toBeNull();
  });
  test('a part of a host takes no port and no path, whatever its pattern says', () => {
    expect(readPart({ name: 'host', pattern: '^.+$' }, 'jira.example.com:8443', [])).toBeNull();
    expect(readPart({ name: 'host', pattern: '^.+$' }, 'jira.example.com/a', [])).toBeNull();
  });
});

describe('a value that a pattern would take years for', () => {
  const typed = `${'a'.repeat(250)}_b`;
  test.each(['^([a-z0-9]+-?)+$', '^(?:a|a)*$', '^(a+)+\\.acme$', '^a*a*a*a*a*a*a*a*a*a*a*c$', '^(?=(a+)+$).*$'])(
    'holds nobody else up, and is no match of %s',
    (pattern) => {
      expect(readPart({ name: 'shop', pattern }, typed, [])).toBeNull();
      expect(matchesPart(pattern, typed)).toBe(false);
    },
  );
  test('does not make a pattern of groups refuse what it means', () => {
    expect(matchesPart('^([a-z0-9]+-?)+$', 'acme-shoes')).toBe(true);
    expect(matchesPart('^(?:eu|us)[0-9]{1,2}$', 'eu12')).toBe(true);
  });
});
