import { describe, expect, test } from 'vitest';
import { type Config, parseConfig } from '#lib/config/config';
import { providersFileSchema } from '#lib/config/provider-record';
import { openPostgres } from '#lib/db/open';
import { hubEnvironment, plainRecord } from '#tests/hub';

const proxied = { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: 'http://[::1]:3128' };

describe('F-16 every list and setting that names hosts takes IPv6', () => {
  test.each<[name: string, written: string, read: (config: Config) => unknown, expected: unknown]>([
    [
      'WEBHOOK_INTERNAL_HOSTS',
      '[::1]:5343, FD00::5',
      (config) => config.webhookInternalHosts,
      ['[::1]:5343', '[fd00::5]'],
    ],
    ['TRUSTED_PROXIES', '::1,fd00::/8', (config) => config.trustedProxies, ['::1', 'fd00::/8']],
    ['HOST', '[::1]', (config) => config.host, '::1'],
    ['HOST', '::', (config) => config.host, '::'],
    ['APP_URL', 'http://[::1]:3000', (config) => config.appUrl.origin, 'http://[::1]:3000'],
    [
      'NO_PROXY',
      'idp.internal,::1,[0:0::2]:8443,.example',
      (config) => config.proxy?.noProxy,
      'idp.internal,[::1],[::2]:8443,.example',
    ],
    ['HTTPS_PROXY', 'http://[::1]:3128', (config) => config.proxy?.httpsProxy, 'http://[::1]:3128'],
  ])('%s=%s', (name, written, read, expected) => {
    expect(read(parseConfig({ ...hubEnvironment, ...proxied, [name]: written }))).toEqual(expected);
  });

  test.each([
    ['[::1]:5343', '[::1]:5343'],
    ['[0:0::1]', '[::1]'],
    ['.as.example', '.as.example'],
  ])('url_field_hosts with %s', (written, expected) => {
    const record = { ...plainRecord('http://127.0.0.1:9'), url_field_hosts: { instance_url: [written] } };
    const parsed = providersFileSchema({ appUrl: new URL('http://localhost'), env: {} }).parse([record]);
    expect(parsed[0]?.url_field_hosts).toEqual({ instance_url: [expected] });
  });

  test('DATABASE_URL, on the connections of the vends too', async () => {
    const { hot, close } = openPostgres('postgres://hub:none@[::1]:1/hub');
    // Nothing listens there; a name that was made of the address would not be found.
    await expect(hot.read('select 1', [])).rejects.toMatchObject({
      code: expect.stringMatching(/^E(?:CONNREFUSED|ADDRNOTAVAIL|NETUNREACH)$/),
    });
    await close();
  });
});
