import { expect, test } from 'vitest';
import { curlLine } from './curl-line.ts';
import { historyText } from './history-text.ts';
import { browserName } from './user-agent.ts';

const key = { appUrl: 'https://hub.test', key: 'gk_x' };

test('the shown line calls for what the key may do', () => {
  expect(curlLine({ ...key, scopes: ['connections:read', 'tokens:vend'], connectionId: 'con_1' })).toBe(
    "curl -X POST -H 'Authorization: Bearer gk_x' https://hub.test/api/v1/connections/con_1/token",
  );
  expect(curlLine({ ...key, scopes: ['connections:read'], connectionId: 'con_1' })).toBe(
    "curl -H 'Authorization: Bearer gk_x' https://hub.test/api/v1/connections",
  );
  expect(curlLine({ ...key, scopes: ['connections:revoke'], connectionId: 'con_1' })).toContain('CONNECTION_ID');
});

test.each([
  ['tokens:vend', 'curl -X POST', 'connections/CONNECTION_ID/token'],
  ['connections:read', 'curl', 'connections'],
  ['connections:create', 'curl', 'connect-sessions/SESSION_ID'],
  ['connections:revoke', 'curl -X DELETE', 'connections/CONNECTION_ID'],
  ['webhooks:manage', 'curl', 'webhooks'],
  ['applications:manage', 'curl', 'applications'],
])('the line of a key with %s alone is a call of that scope', (scope, begin, path) => {
  const line = curlLine({ ...key, scopes: [scope], connectionId: undefined });
  expect(line).toBe(`${begin} -H 'Authorization: Bearer gk_x' https://hub.test/api/v1/${path}`);
});

test.each([
  [{ action: 'a', sentence: 'Token read', count: 1, by: 'billing-sync' }, 'Token read by billing-sync'],
  [{ action: 'a', sentence: 'Token read', count: 2, by: 'billing-sync' }, 'Token read twice by billing-sync'],
  [{ action: 'a', sentence: 'Token read', count: 3700, by: 'x' }, 'Token read 3,700 times by x'],
  [{ action: 'a', sentence: 'Token refreshed', count: 3, by: 'Grantkeep' }, 'Token refreshed 3 times'],
  [{ action: 'a', sentence: 'Disconnected', count: 1, by: 'You' }, 'Disconnected by you'],
  [{ action: 'a', sentence: 'Disconnected', count: 1, by: 'The person' }, 'Disconnected by the person'],
  [{ action: 'a', sentence: 'Token read', count: 1, by: 'Billing' }, 'Token read by Billing'],
])('a run of like events is one sentence', (line, text) => {
  expect(historyText(line)).toBe(text);
});

test.each([
  [null, 'Unknown browser'],
  ['curl/8.5', 'Unknown browser'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
  ['Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0', 'Edge on Windows'],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15',
    'Safari on macOS',
  ],
  ['Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36', 'Chrome on Android'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 CriOS/140.0 Mobile', 'Chrome on iOS'],
])('%s is called %s', (userAgent, name) => {
  expect(browserName(userAgent)).toBe(name);
});
