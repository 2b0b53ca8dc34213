import { expect, test } from 'vitest';
import { alwaysHeaders, contentSecurityPolicy, loopbackFormTargets, pageHeaders } from '#lib/door/security-headers';

type HeaderConfig = Parameters<typeof contentSecurityPolicy>[0];

const hub: HeaderConfig = {
  appUrl: new URL('https://hub.example.com'),
  secure: true,
  mode: 'production',
  builtinProviders: {},
  providersFile: [],
};
const local: HeaderConfig = {
  ...hub,
  appUrl: new URL('http://localhost:3000'),
  secure: false,
  builtinProviders: { okta: { client_id: 'a', client_secret: 'b', issuer: 'http://localhost:4404/oauth2' } },
};
const directives = (config: HeaderConfig, nonce = 'n0nce') =>
  new Map(
    contentSecurityPolicy(config, nonce)
      .split('; ')
      .map((text) => {
        const [name = '', ...values] = text.split(' ');
        return [name, values] as const;
      }),
  );

test.each([hub, local, { ...local, mode: 'development' as const }])(
  'no policy allows inline code or styles',
  (config) => {
    expect(contentSecurityPolicy(config, 'n')).not.toContain('unsafe-inline');
  },
);

test('in production nothing unsafe is allowed at all', () => {
  expect(contentSecurityPolicy(hub, 'n')).not.toContain('unsafe');
});

test('scripts run only with the nonce of the answer, in production without eval', () => {
  expect(directives(hub).get('script-src')).toEqual(["'nonce-n0nce'", "'strict-dynamic'"]);
  expect(directives({ ...local, mode: 'development' }).get('script-src')).toContain("'unsafe-eval'");
});

test.each(['object-src', 'base-uri', 'frame-ancestors', 'default-src'])('%s allows nothing', (name) => {
  expect(directives(hub).get(name)).toEqual(["'none'"]);
});

test('forms may lead on to https, and to plain http only at written loopback servers of a loopback hub', () => {
  expect(directives(hub).get('form-action')).toEqual(["'self'", 'https:']);
  expect(directives(local).get('form-action')).toEqual(["'self'", 'https:', 'http://localhost:4404']);
  expect(loopbackFormTargets({ ...local, appUrl: hub.appUrl })).toEqual([]);
  const far = { client_id: 'a', client_secret: 'b', issuer: 'http://okta.example.com' };
  expect(loopbackFormTargets({ ...local, builtinProviders: { okta: far } })).toEqual([]);
});

test('https alone gets HSTS of a year and upgrades', () => {
  expect(alwaysHeaders(hub)['Strict-Transport-Security']).toBe('max-age=31536000; includeSubDomains');
  expect(directives(hub).has('upgrade-insecure-requests')).toBe(true);
  expect(alwaysHeaders(local)).not.toHaveProperty('Strict-Transport-Security');
  expect(directives(local).has('upgrade-insecure-requests')).toBe(false);
});

test('browsers are told where to report, on https by a named endpoint too', () => {
  expect(directives(local).get('report-uri')).toEqual(['/policy-report']);
  expect(directives(local).has('report-to')).toBe(false);
  expect(directives(hub).get('report-to')).toEqual(['policy']);
  expect(pageHeaders(hub, 'n')['Reporting-Endpoints']).toBe('policy="/policy-report"');
  expect(pageHeaders(local, 'n')).not.toHaveProperty('Reporting-Endpoints');
});

test('pages are not stored, and a form on them still sends its origin', () => {
  expect(pageHeaders(hub, 'n')).toMatchObject({
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Opener-Policy': 'same-origin',
  });
});
