import { NextRequest } from 'next/server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseConfig } from '#lib/config/config';
import { forget, once } from '#lib/process-parts';
import { hubEnvironment } from '#tests/hub';
import { proxy } from '../proxy.ts';

beforeAll(() => {
  forget('config');
  once('config', () => parseConfig({ ...hubEnvironment, APP_URL: 'https://hub.example.com', SIGN_IN_ALLOW: 'acme:*' }));
});
afterAll(() => forget('config'));

const formAction = (path: string) =>
  /form-action ([^;]*)/.exec(
    proxy(new NextRequest(`https://hub.example.com${path}`)).headers.get('content-security-policy') ?? '',
  )?.[1];

// Browsers hold every hop after a form to this: the provider may lead on to the application at once.
test.each<[path: string, leads: boolean]>([
  ['/connect-session?token=x', true],
  ['/connect-session/manage/cns_1', true],
  ['/connect-session/manage/cns_1/con_1', false],
  ['/connect-session/done', false],
  ['/device', false],
  ['/connections', false],
  ['/admin/applications', false],
])('forms of %s may lead to an application on the reader’s own machine: %s', (path, leads) => {
  const sources = formAction(path)?.split(' ') ?? [];
  expect(sources).toContain("'self'");
  expect(sources.includes('http://localhost:*')).toBe(leads);
});

test.each<[path: string, policy: string]>([
  ['/connect-session?token=x', 'strict-origin'],
  ['/connect-session/manage/cns_1', 'same-origin'],
  ['/connections', 'same-origin'],
])('what %s loads says of where it comes from: %s', (path, policy) => {
  const { headers } = proxy(new NextRequest(`https://hub.example.com${path}`));
  expect(headers.get('referrer-policy')).toBe(policy);
});
