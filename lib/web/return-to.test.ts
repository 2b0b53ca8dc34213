import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { connectPage, defaultReturnTo, safeReturnTo, signInPage, withFlowResult } from '#lib/web/return-to';

const hostile = readFileSync(new URL('../../tests/hostile/return-to.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('# '))
  .map((line) => (line.startsWith('"') ? String(JSON.parse(line)) : line));

const hubs = ['http://localhost:3000', 'https://connect.example.com'];

/** True where every reader ends on the hub: a browser, one that decodes once or twice first, one that joins texts. */
function staysOnSite(path: string): boolean {
  const readings = [path];
  for (let times = 0; times < 2; times++) {
    try {
      readings.push(decodeURIComponent(readings.at(-1) ?? ''));
    } catch {
      break;
    }
  }
  return hubs.every((hub) => {
    const urls = [URL.parse(path, `${hub}/oauth/callback`), URL.parse(hub + path)];
    for (const reading of readings) urls.push(URL.parse(reading, hub));
    return urls.every((url) => url?.origin === hub && url.username === '');
  });
}

test('the list of hostile values is long, and the check of this test sees what leads away', () => {
  expect(new Set(hostile).size).toBeGreaterThanOrEqual(100);
  for (const away of [
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    '/%2f/evil.example',
    '@evil.example',
  ])
    expect(staysOnSite(away)).toBe(false);
});

test.each(hostile)('%j never leads off the site', (value) => {
  const path = safeReturnTo(value);
  expect(path).toMatch(/^\/(?![/\\])[\x21-\x7e]*$/);
  expect(path).not.toContain('\\');
  expect(staysOnSite(path)).toBe(true);
  expect(path).not.toMatch(/^\/(?:oauth|api)(?:\/|%2f|$)/i);
  // And text that is added to it afterwards changes nothing about that.
  expect(staysOnSite(withFlowResult(path, { flow: 'connected', provider: '//evil.example' }))).toBe(true);
});

test.each([undefined, null, 7, {}, ['/connections'], ''])('%j is no path', (value) => {
  expect(safeReturnTo(value)).toBe(defaultReturnTo);
});

test('a value of more than 500 characters is refused, however honest it looks', () => {
  const long = `/connections?q=${'a'.repeat(486)}`;
  expect(safeReturnTo(long.slice(0, 500))).toBe(long.slice(0, 500));
  expect(safeReturnTo(long)).toBe(defaultReturnTo);
  expect(safeReturnTo(`/${'/'.repeat(100_000)}evil.example`)).toBe(defaultReturnTo);
});

test.each([
  ['/', '/'],
  ['/connections', '/connections'],
  ['/connections/con_0123', '/connections/con_0123'],
  ['/connections?provider=google&sort=name', '/connections?provider=google&sort=name'],
  ['/admin/people?q=ada%20lovelace#list', '/admin/people?q=ada%20lovelace#list'],
  ['/admin/connections?next=https://example.com/', '/admin/connections?next=https://example.com/'],
  ['/account/', '/account/'],
  ['/apiary', '/apiary'],
  ['/oauthors', '/oauthors'],
  ['/a/../connections', '/connections'],
  ['/connections/%C3%BC', '/connections/%C3%BC'],
  ['/connections/ü', '/connections/%C3%BC'],
])('%s is kept as %s', (value, path) => {
  expect(safeReturnTo(value)).toBe(path);
});

test('what came of a flow replaces what an earlier one left, and keeps the rest', () => {
  expect(
    withFlowResult('/connections?flow=x&ref=y&sort=name&flow=z#a', {
      flow: 'connected',
      provider: 'google',
      ref: null,
    }),
  ).toBe('/connections?sort=name&flow=connected&provider=google#a');
});

test('a failed sign-in keeps where its person wanted to go', () => {
  const address = withFlowResult(signInPage('/connections/con_1?tab=history#top'), { flow: 'access_denied' });
  const url = new URL(address, 'http://localhost');
  expect(url.pathname).toBe('/sign-in');
  expect(url.searchParams.get('flow')).toBe('access_denied');
  expect(safeReturnTo(url.searchParams.get('return_to'))).toBe('/connections/con_1?tab=history#top');
});

test.each([
  ['', '/connect'],
  ['provider=okta&intent=connect', '/connect?provider=okta'],
  [`provider=okta&x=${'y'.repeat(10_000)}`, '/connect?provider=okta'],
  [`provider=${'o'.repeat(41)}`, '/connect'],
  ['provider=//evil.example', '/connect'],
  ['provider=okta&return_to=/activity', '/connect?provider=okta&return_to=%2Factivity'],
  [`provider=okta&return_to=/${'a'.repeat(500)}`, '/connect?provider=okta&return_to=%2Fconnections'],
  ['provider=okta&return_to=https://evil.example', '/connect?provider=okta&return_to=%2Fconnections'],
])('P-25 a link to begin goes on as %j → %j', (search, page) => {
  expect(connectPage(new URLSearchParams(search))).toBe(page);
});
