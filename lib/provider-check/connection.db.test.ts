import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { certificateFinding } from '#lib/provider-check/check-hosts';
import { checkAt, recordFor } from '#tests/checked-provider';
import { sharedDatabase } from '#tests/database';
import { quirkyServer } from '#tests/servers/quirky-server';
import { selfSigned } from '#tests/servers/self-signed';

const database = sharedDatabase();
const check = (record: Record<string, unknown>) => checkAt(database.current, record);

/** `inspectHost` in a process that takes a certificate for an authority's: which ones count is read when it starts. */
async function inspectKnowing(cert: string, url: string) {
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-check-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'ca.pem');
  writeFileSync(file, cert);
  const { hostname, port } = new URL(url);
  const options = JSON.stringify({ operatorHosts: [`${hostname}:${port}`], timeoutMs: 5000 });
  const program = `import { inspectHost } from '#lib/outbound/inspect-host';
    console.log(JSON.stringify(await inspectHost(new URL('${url}'), ${options})));`;
  const env = { PATH: process.env.PATH, NODE_ENV: 'test', NODE_EXTRA_CA_CERTS: file } as const;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { env });
  const { certificate, ...rest } = JSON.parse(stdout);
  return { ...rest, certificate: { ...certificate, validTo: new Date(certificate.validTo) } };
}

describe('the check of a provider looks at the connection', () => {
  const certificates = [
    { name: 'self-signed', days: 90, found: /self-signed/ },
    { name: 'expired', days: -1, found: /has expired/ },
  ];
  test.each(certificates)('a certificate that is $name', async ({ days, found }) => {
    const server = await quirkyServer({ tls: selfSigned(days) });
    const results = await check(recordFor(server.url));
    const [certificate] = results.filter(({ check }) => check === 'certificate');
    expect(certificate).toMatchObject({ result: 'fails', found: expect.stringMatching(found) });
    // What the guarded fetch does not accept, it does not send a secret to.
    expect(server.seen).toEqual([]);
  });

  const trusted = [
    { name: 'about to end', days: 5, host: '127.0.0.1', result: 'fails', found: /ends within 14 days/ },
    { name: 'good', days: 90, host: '127.0.0.1', result: 'passes', found: /accepted\. It is valid until \d{4}-/ },
    { name: 'for another name', days: 90, host: '127.0.0.2', result: 'fails', found: /another host name/ },
  ];
  test.each(trusted)('a certificate of a known authority that is $name', async ({ days, host, result, found }) => {
    const tls = selfSigned(days);
    const { url } = await quirkyServer({ host, tls });
    const inspection = await inspectKnowing(tls.cert, url);
    expect(inspection).toMatchObject({ addresses: 1, connected: true, reason: null });
    const finding = certificateFinding(url, inspection.certificate, Date.now());
    expect(finding).toMatchObject({ result, found: expect.stringMatching(found) });
  });

  test('a name that does not resolve, and a port at which nothing listens', async () => {
    const nowhere = await check(recordFor('https://no-such-host.invalid'));
    expect(nowhere.find(({ check }) => check === 'name')).toMatchObject({ result: 'fails' });
    const silent = await check(recordFor('http://127.0.0.1:9'));
    expect(silent.find(({ check }) => check === 'connection')).toMatchObject({
      result: 'fails',
      found: 'Nothing listens at this host and port.',
    });
    // Nothing is known of endpoints that no metadata named.
    expect(silent.find(({ check }) => check === 'token_endpoint')).toMatchObject({ result: 'unknown' });
  });

  test('https where http is spoken', async () => {
    const server = await quirkyServer();
    const results = await check(recordFor(server.url.replace('http:', 'https:')));
    expect(results.find(({ check }) => check === 'certificate')).toMatchObject({ result: 'fails' });
  });
});
