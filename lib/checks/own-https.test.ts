import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { quirkyServer } from '#tests/servers/quirky-server';
import { selfSigned } from '#tests/servers/self-signed';

/** Both checks of the hub's own address, in a process that takes the certificate for an authority's. */
async function lookKnowing(cert: string, url: string) {
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-own-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'ca.pem');
  writeFileSync(file, cert);
  const program = `import { look as https } from '#lib/checks/own-https';
    import { look as certificate } from '#lib/checks/own-certificate';
    import { createGuardedFetch } from '#lib/outbound/guarded-fetch';
    const config = { appUrl: new URL('${url}'), secure: true };
    const ctx = { config, fetch: createGuardedFetch({}), now: () => new Date() };
    console.log(JSON.stringify([await https(ctx), await certificate(ctx)]));`;
  const env = { PATH: process.env.PATH, NODE_ENV: 'test', NODE_EXTRA_CA_CERTS: file } as const;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { env });
  return JSON.parse(stdout);
}

test.each([
  ['with HSTS for a year', 'max-age=31536000; includeSubDomains', 'passes', /with HSTS for 31536000 seconds/],
  ['without HSTS, as a proxy drops it', undefined, 'fails', /without HSTS/],
  ['with HSTS for an hour', 'max-age=3600', 'fails', /3600 seconds, less than a year/],
])('the own address over real TLS, %s', async (_name, header, result, found) => {
  const tls = selfSigned(90);
  const server = await quirkyServer({ tls });
  const headers: Record<string, string> = header === undefined ? {} : { 'strict-transport-security': header };
  server.on('GET /healthz', { text: 'ok', headers });
  const [https, certificate] = await lookKnowing(tls.cert, server.url);
  expect(https).toMatchObject({ result, found: expect.stringMatching(found) });
  expect(certificate).toMatchObject({
    result: 'passes',
    found: expect.stringMatching(/1 address\. The certificate is accepted/),
  });
});
