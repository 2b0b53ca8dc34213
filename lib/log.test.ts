import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { DrizzleQueryError } from 'drizzle-orm/errors';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AppError } from '#lib/errors';
import { createLogger, describeError, type Logger, scrub } from '#lib/log';
import { Secret } from '#lib/providers/secret';
import { readLogLine } from '#tests/log-lines';

const canary = `canary${randomBytes(12).toString('hex')}`;

/** Everything that was written by what the body logs. */
function written(body: (log: Logger) => void): string {
  let text = '';
  const write = (line: string) => {
    text += line;
  };
  body(createLogger({ level: 'trace', pretty: false, destination: { write } }));
  return text;
}

const names = [
  ...['access_token', 'refresh_token', 'id_token', 'token', 'accessToken', 'refreshToken', 'idToken', 'code'],
  ...['code_verifier', 'codeVerifier', 'verifier', 'state', 'nonce', 'client_secret', 'clientSecret', 'CLIENT_SECRET'],
  ...[
    'password',
    'key',
    'apiKey',
    'api_key',
    'Authorization',
    'cookie',
    'Set-Cookie',
    'secret',
    'client_assertion',
    'sid',
  ],
];

describe.each(names)('a value called %s never reaches the log', (name) => {
  test.each<[string, (log: Logger) => void]>([
    ['at the top', (log) => log.info({ event: 'x', [name]: canary })],
    ['nested', (log) => log.info({ event: 'x', a: { b: { [name]: canary } } })],
    ['deeply nested', (log) => log.info({ a: { b: { c: { d: { e: { [name]: canary } } } } } })],
    ['in a list', (log) => log.info({ event: 'x', list: [{ [name]: canary }] })],
    ['as an object', (log) => log.info({ event: 'x', [name]: { value: canary } })],
    ['in a child logger', (log) => log.child({ [name]: canary, a: { [name]: canary } }).info('event')],
    ['in an argument of the text', (log) => log.info('event %j', { [name]: canary })],
  ])('%s', (_, body) => {
    const text = written(body);
    expect(text).not.toContain(canary);
    expect(text).not.toBe('');
  });
});

test('a secret’s name is known however many other names came before it', () => {
  const many = Object.fromEntries(Array.from({ length: 1500 }, (_, n) => [`name_${n}`, n]));
  const text = written((log) => {
    log.info(many);
    for (let n = 0; n < 2; n++) log.info({ 'Refresh-TOKEN': canary, CodeVerifier: canary });
  });
  expect(text).not.toContain(canary);
  expect(text).toContain('"grantkeep.name_1499":1499');
});

test('nor does one hide in what stands where a prototype would', () => {
  const odd: unknown = JSON.parse(
    `{"event":"x","__proto__":{"token":"${canary}"},"a":{"__proto__":{"code":"${canary}"}}}`,
  );
  const text = written((log) => log.info(odd as object));
  expect(text).toContain('"event":"x"');
  expect(text).not.toContain(canary);
  expect(({} as Record<string, unknown>).token).toBeUndefined();
});

test('a line says when it was written', async () => {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const log = createLogger({ level: 'info', pretty: false, destination: { write } });
  const began = Date.now();
  for (let n = 0; n < 50; n++) log.info({ event: 'x' });
  await sleep(20);
  log.info({ event: 'x' });
  const times = lines.map((line) => (JSON.parse(line) as { time: string }).time);
  const said = times.map((at) => new Date(at).getTime());
  expect(said).toHaveLength(51);
  expect(said).toEqual(said.toSorted((a, b) => a - b));
  expect(said[0]).toBeGreaterThanOrEqual(began);
  expect((said[50] ?? 0) - (said[49] ?? 0)).toBeGreaterThanOrEqual(15);
  expect(times[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

const texts: [string, string][] = [
  ['a bearer header', `Authorization: Bearer ${canary}`],
  ['a basic header', `authorization: basic ${canary}==`],
  ['an API key', `the key gk_${canary}_x is wrong`],
  ['a signed token', `eyJhbGciOiJSUzI1NiJ9.${canary}.${canary}`],
  ['a sealed token', `eyJhbGciOiJkaXIifQ..${canary}.${canary}.${canary}`],
  ['a callback', `GET /oauth/callback?state=${canary}&code=${canary}&iss=https://idp.example`],
  ['a fragment', `https://app.example/#access_token=${canary}`],
  [
    'a callback with another name for its code',
    `GET /oauth/callback/a?auth_code=${canary}&authorization_code=${canary}`,
  ],
  [
    'a request of another client',
    `sending request to GET https://idp.example/token?app_secret=${canary}&secret=${canary}`,
  ],
  ['a form', `code=${canary}&grant_type=authorization_code&code_verifier=${canary}`],
  ['an answer', `{"access_token":"${canary}","refresh_token" : "${canary}"}`],
  ['a printed object', `{ accessToken: '${canary}' }`],
  ['a password in a URL', `connect postgres://hub:${canary}@db.example/hub failed`],
];

describe.each(texts)('%s never reaches the log', (_, text) => {
  const causes = [
    ['as the message', (log: Logger) => log.info(text)],
    ['as a field', (log: Logger) => log.info({ event: 'x', note: text, more: { note: [text] } })],
    ['as an argument', (log: Logger) => log.info('event %s', text)],
    ['as an error', (log: Logger) => log.error(new Error(text))],
    ['as an error with fields', (log: Logger) => log.error({ event: 'x', err: new Error(text) })],
    ['as an error under any name', (log: Logger) => log.error({ event: 'x', reason: new Error(text) })],
    [
      'as what caused an error',
      (log: Logger) => log.error({ err: new AppError('internal', { cause: new Error(text) }) }),
    ],
    ['as one of several errors', (log: Logger) => log.error({ err: new AggregateError([new Error(text)]) })],
  ] as const;
  test.each(causes)('%s', (_where, body) => {
    expect(written(body)).not.toContain(canary);
  });
});

test('properties of an error, and whatever is thrown that is none, are left out', () => {
  const error = Object.assign(new Error('failed'), { response: { body: canary }, config: canary });
  expect(written((log) => log.error({ err: error }))).not.toContain(canary);
  expect(written((log) => log.error({ err: new Error('failed', { cause: { body: canary } }) }))).not.toContain(canary);
  expect(describeError(canary)).toEqual({ message: 'thrown string' });
});

test('the parameters of a failed query are left out, the query stays', () => {
  const error = new DrizzleQueryError('select * from "people" where "email" = $1', [canary], new Error('gone'));
  expect(error.message).toContain(canary);
  const text = written((log) => log.error({ err: new AppError('internal', { cause: error }) }));
  expect(text).not.toContain(canary);
  expect(text).toContain('where \\"email\\" = $1');
  expect(text).toContain('gone');
});

test('of a URL only where it leads is written', () => {
  const line = readLogLine(written((log) => log.info({ url: new URL(`https://idp.example/a?b=${canary}#${canary}`) })));
  expect(line.url).toBe('https://idp.example/a');
});

test('instances are named and not opened', () => {
  const text = written((log) =>
    log.info({ held: new Secret(canary), map: new Map([['a', canary]]), headers: new Headers({ a: canary }) }),
  );
  expect(readLogLine(text)).toMatchObject({ held: '[Secret]', map: '[Map]', headers: '[Headers]' });
});

test('an object that holds itself is written to a depth', () => {
  const loop: Record<string, unknown> = { token: canary };
  loop.self = loop;
  const text = written((log) => log.info(loop));
  expect(text).toContain('[deep]');
  expect(text).not.toContain(canary);
});

test.each(['\n', '\r\n', '\u2028', '\u0000'])('one line an event, whatever comes in (%j)', (separator) => {
  const forged = `first${separator}{"level":"info","event":"forged"}`;
  const text = written((log) => {
    log.info(forged);
    log.info({ event: forged, err: new Error(forged) });
    log.child({ who: forged }).warn({ [forged]: 1 });
  });
  const lines = text.split('\n').filter((line) => line !== '');
  expect(lines).toHaveLength(3);
  for (const line of lines) expect(JSON.parse(line).event).not.toBe('forged');
});

test.each([
  ['xoxb-eyJhbGciOiJub25lIn0.e30.c2ln', 'xoxb-[redacted]'],
  ['eyJhbGciOiJub25lIn0.e30..', '[redacted]'],
  ['a.b.c.d.e.eyJhbGciOiJub25lIn0.e30.c2ln, then', 'a.b.c.d.e.[redacted], then'],
  ['keyJar.of.www.example.com', 'keyJar.of.www.example.com'],
  ['https://a:b@host/x //c@host //d:@host', 'https://[redacted]@host/x //c@host //d:@host'],
])('%j is written as %j', (text, written) => {
  expect(scrub(` ${text}`)).toBe(` ${written}`);
});

test.each([
  '//::::',
  'eyJ-',
  'eyJ',
  '//a:',
  'gk_',
  'Bearer ',
  'token ',
  'a.',
  'aaaa',
  '?code=',
  '?auth_',
  'password"',
  'client_',
])('a megabyte of %j is read in one go, so that it keeps the process from nothing else', (part) => {
  expect(scrub(` ${part.repeat(2 ** 20 / part.length)}`).length).toBeGreaterThan(0);
});

test('what is no secret stays as it is', () => {
  const event = {
    event: 'request',
    method: 'GET',
    path: '/connections',
    status: 200,
    ms: 3,
    ok: true,
    none: null,
    list: ['a', 1],
  };
  expect(readLogLine(written((log) => log.info(event)))).toMatchObject({
    level: 'info',
    time: expect.stringMatching(/Z$/),
    ...event,
  });
  const sentence = 'The code was refused: the state of connection con_1 is pending';
  expect(scrub(sentence)).toBe(sentence);
});

test('an error is written with kind, code, message, frames and what caused it', () => {
  const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
  const line = JSON.parse(written((log) => log.error({ err: new AppError('unavailable', { cause }) })));
  expect(line).toMatchObject({
    'exception.type': 'AppError',
    'exception.code': 'unavailable',
    'exception.stacktrace': expect.stringContaining('log.test.ts'),
    'exception.cause': { type: 'Error', error_code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:5432' },
    'error.type': 'unavailable',
  });
});

test('fields have the names of OpenTelemetry, or stand under the name of the product', () => {
  const said = { event: 'x', method: 'GET', path: '/', status: 200, ip: '::1', provider: 'acme', error_code: 'c' };
  const line = JSON.parse(written((log) => log.child({ part: 1 }).info({ ...said, err: new Error('no') })));
  expect(Object.keys(line).sort()).toEqual([
    ...['client.address', 'error.type', 'event', 'exception.message', 'exception.stacktrace', 'exception.type'],
    ...['grantkeep.part', 'grantkeep.provider', 'http.request.method', 'http.response.status_code', 'level', 'time'],
    'url.path',
  ]);
  expect(line['error.type']).toBe('c');
});

describe('a log that cannot be written stops nothing', () => {
  const program = `import { createLogger } from '#lib/log';
    const log = createLogger({ level: 'info', pretty: false });
    for (let n = 0; n < 20; n++) {
      log.info({ event: 'line', n });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    log.info({ event: 'last' });
    process.exit(7);`;
  const start = (stdout: 'pipe' | number) =>
    spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', stdout, 'inherit'] });

  test('when its reader is gone', async () => {
    const child = start('pipe');
    child.stdout?.destroy();
    expect(await once(child, 'exit')).toEqual([7, null]);
  });

  test('when the disk is full', async () => {
    const full = openSync('/dev/full', 'w');
    onTestFinished(() => closeSync(full));
    expect(await once(start(full), 'exit')).toEqual([7, null]);
  });

  test('and is whole where it can', async () => {
    const child = start('pipe');
    let text = '';
    child.stdout?.on('data', (chunk) => {
      text += chunk;
    });
    await once(child, 'close');
    const events = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).event);
    expect(events).toEqual([...Array.from({ length: 20 }, () => 'line'), 'last']);
  });
});
