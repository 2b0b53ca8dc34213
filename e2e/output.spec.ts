import { connect } from 'node:net';
import { expect, test } from './fixtures.ts';
import { send } from './raw-requests.ts';

const lines = (text: string) => text.split('\n').filter((line) => line !== '');

test('A-05 nothing that a stranger sends stands on standard output but in short lines of the log', async ({ app }) => {
  const before = app.log().length;
  const forged = '{"level":"info","event":"forged"}';
  const canary = `gk_${'c'.repeat(43)}`;
  const origin = { origin: app.url, 'sec-fetch-site': 'same-origin' };
  for (const action of ['f'.repeat(15_000), '0'.repeat(42), `${'a'.repeat(40)}${canary}`])
    await send(`${app.url}/account`, { ...origin, 'next-action': action }, 'POST', `\n${forged}\n`);
  const multipart = { ...origin, 'content-type': 'multipart/form-data; boundary=x' };
  for (const body of [
    '',
    '--x',
    `--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\n${forged}\n${canary}\r\n--x--\r\n`,
  ])
    await send(`${app.url}/account`, multipart, 'POST', body);
  const { hostname, port } = new URL(app.url);
  await Promise.all(
    Array.from(
      { length: 100 },
      () =>
        new Promise<void>((resolve) => {
          const socket = connect(Number(port), hostname === 'localhost' ? '127.0.0.1' : hostname);
          socket.once('close', () => resolve()).on('error', () => {});
          const head = `POST /account HTTP/1.1\r\nHost: a\r\nOrigin: ${app.url}\r\nNext-Action: ${'0'.repeat(42)}\r\n`;
          socket.write(`${head}Content-Length: 100\r\n\r\nbegun`, () => socket.destroy());
        }),
    ),
  );
  expect((await send(`${app.url}/healthz`, {})).status).toBe(200);
  const said = app.log().slice(before);
  for (const line of lines(said)) {
    expect(line.length).toBeLessThan(6_000);
    expect(JSON.parse(line)).toMatchObject({ event: expect.not.stringMatching('forged') });
  }
  expect(said).not.toContain(canary);
  expect(lines(said).filter((line) => line.includes('"event":"printed"')).length).toBeLessThanOrEqual(20);
});

test('A-05 from its first line on, the app writes lines of JSON', async ({ app }) => {
  const [first, ...rest] = lines(app.log()).map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(first).toMatchObject({ event: 'starting' });
  for (const line of rest) expect(line).toMatchObject({ event: expect.any(String), level: expect.any(String) });
});

test('TRACE and other methods that nothing takes answer 405', async ({ app }) => {
  for (const path of ['/', '/connections', '/oauth/callback?code=x', '/api/v1/connections', '/healthz', '/_next/x'])
    for (const method of ['TRACE', 'PROPFIND', 'PURGE'])
      expect([path, method, (await send(app.url + path, {}, method)).status]).toEqual([path, method, 405]);
});
