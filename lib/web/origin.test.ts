import { expect, test } from 'vitest';
import { requireSameOrigin } from '#lib/web/origin';

const config = { appUrl: new URL('https://connect.example.com') };

function passes(headers: Record<string, string>): boolean {
  try {
    requireSameOrigin(config, new Headers(headers));
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'wrong_origin', status: 403 });
    return false;
  }
}

test.each<[origin: string | undefined, site: string | undefined, expected: boolean]>([
  ['https://connect.example.com', undefined, true],
  ['https://connect.example.com', 'same-origin', true],
  [undefined, 'same-origin', true],
  [undefined, undefined, false],
  ['null', undefined, false],
  ['null', 'same-origin', false],
  ['', undefined, false],
  ['https://connect.example.com', 'cross-site', false],
  ['https://connect.example.com', 'same-site', false],
  ['https://connect.example.com', 'none', false],
  ['https://evil.example', undefined, false],
  ['https://evil.example', 'same-origin', false],
  ['http://connect.example.com', undefined, false],
  ['https://connect.example.com:8443', undefined, false],
  ['https://CONNECT.example.com', undefined, false],
  ['https://connect.example.com.evil.example', undefined, false],
  ['https://evil.example/https://connect.example.com', undefined, false],
  ['https://connect.example.com/', undefined, false],
  ['https://sub.connect.example.com', undefined, false],
])('Origin %s with Sec-Fetch-Site %s: %s', (origin, site, expected) => {
  expect(passes({ ...(origin === undefined ? {} : { origin }), ...(site ? { 'sec-fetch-site': site } : {}) })).toBe(
    expected,
  );
});

test('what else a request says of where it comes from counts for nothing', () => {
  const claims = {
    referer: 'https://connect.example.com/',
    host: 'connect.example.com',
    'x-forwarded-host': 'connect.example.com',
  };
  expect(passes(claims)).toBe(false);
});
