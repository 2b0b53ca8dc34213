import { expect, test } from 'vitest';
import { parseConfig } from '#lib/config/config';

const least = {
  APP_URL: 'http://localhost:3000',
  SESSION_PASSWORD: 'x'.repeat(32),
  VAULT_KEYS: `a:${Buffer.alloc(32).toString('base64')}`,
};

test('proxies are used exactly while the switch that Node knows is on', () => {
  const proxies = { HTTPS_PROXY: 'http://proxy.internal:3128', no_proxy: 'idp.internal' };
  expect(parseConfig({ ...least, ...proxies }).proxy).toBeUndefined();
  expect(parseConfig({ ...least, ...proxies, NODE_USE_ENV_PROXY: '1' }).proxy).toEqual({
    httpProxy: undefined,
    httpsProxy: 'http://proxy.internal:3128',
    noProxy: 'idp.internal',
  });
});

test('the lower-case name of a proxy wins, as in Node', () => {
  const both = { HTTP_PROXY: 'http://upper:1', http_proxy: 'http://lower:1', NODE_USE_ENV_PROXY: '1' };
  expect(parseConfig({ ...least, ...both }).proxy?.httpProxy).toBe('http://lower:1');
});

test('a proxy that is no URL is a fault only while proxies are on', () => {
  expect(() => parseConfig({ ...least, HTTPS_PROXY: 'proxy:3128' })).not.toThrow();
  expect(() => parseConfig({ ...least, HTTPS_PROXY: 'proxy:3128', NODE_USE_ENV_PROXY: '1' })).toThrow(/HTTPS_PROXY/);
});
