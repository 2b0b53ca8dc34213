import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { getCommandLineSettings, getHubSettings } from '#lib/config/command-line';
import { parseConfig } from '#lib/config/config';
import { configurationFiles } from '#lib/config/config-files';
import { environmentSchema } from '#lib/config/environment';
import { faultsOf, key, local, remote } from '#tests/variables';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'grantkeep-written-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A file with this content; its path. */
function inFile(name: string, text: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const credentials = ['GOOGLE', 'GITHUB', 'SALESFORCE', 'OKTA', 'AUTH0'].flatMap((name) => [
  [`${name}_CLIENT_ID`, `${name}-id`],
  [`${name}_CLIENT_SECRET`, `${name}-secret`],
  [`${name}_CLIENT_SECRET_PREVIOUS`, `${name}-previous`],
]);

/** A sound value of every variable but PROVIDERS_FILE, which is a file. */
const all: Record<string, string> = {
  ...remote,
  ...Object.fromEntries(credentials),
  NODE_ENV: 'production',
  HOST: '127.0.0.1',
  PORT: '3001',
  DATABASE_URL: 'postgres://hub:canary@db.example/hub',
  MIGRATE_DATABASE_URL: 'postgres://owner:canary@db.example/hub',
  DATABASE_POOLER: 'transaction',
  DATA_DIR: '/var/lib/grantkeep',
  SESSION_IDLE_HOURS: '5',
  SESSION_ABSOLUTE_HOURS: '6',
  ADMIN_SESSION_IDLE_HOURS: '2',
  ADMIN_SESSION_ABSOLUTE_HOURS: '3',
  VAULT_ROOT: 'transit:https://vault.example/v1/transit/keys/hub',
  VAULT_ROOT_TOKEN: 'canary-of-transit',
  AWS_REGION: 'eu-central-1',
  VAULT_HOLD_MINUTES: '10',
  LEDGER_KEYS: `l1:${key}`,
  LEDGER_RETENTION_MONTHS: '3',
  API_RATE_PER_MINUTE: '100',
  REFRESH_CONCURRENCY: '5',
  KEEP_ALIVE_DAYS: '10',
  INACTIVE_DAYS: '20',
  INACTIVE_NOTICE_DAYS: '5',
  SMTP_URL: 'smtps://user:canary@mail.example',
  MAIL_FROM: 'hub@example.com',
  ORGANISATION_NAME: 'Acme',
  ORGANISATION_CONTACT: 'https://acme.example',
  ALERT_EMAILS: 'ops@example.com',
  PERSON_MAILS: 'none',
  WEBHOOK_INTERNAL_HOSTS: 'hooks.internal',
  METRICS_TOKEN: 'm'.repeat(40),
  ADMIN_EMAILS: 'ops@example.com',
  TRUSTED_PROXIES: '10.0.0.0/8',
  DRAIN_GRACE_SECONDS: '5',
  NODE_USE_ENV_PROXY: '1',
  HTTP_PROXY: 'http://proxy.example:3128',
  HTTPS_PROXY: 'http://proxy.example:3128',
  NO_PROXY: 'idp.internal',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example:4318',
  OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20canary',
  OTEL_SERVICE_NAME: 'hub',
  OTEL_TRACES_SAMPLER_ARG: '0.5',
  LOG_LEVEL: 'warn',
  GITHUB_URL: 'https://github.example',
  SALESFORCE_LOGIN_URL: 'https://test.salesforce.com',
  OKTA_ISSUER: 'https://acme.okta.example',
  AUTH0_ISSUER: 'https://acme.auth0.example/',
};

/** Variables that stand for credentials of AWS, and none of which goes with Transit. */
const ofAws = /^AWS_(?!REGION)|^VAULT_ROOT_TOKEN_FILE$/;
const names = Object.keys(environmentSchema.shape).filter((name) => name !== 'PROVIDERS_FILE' && !ofAws.test(name));

test('the table has every variable', () => {
  expect(names.filter((name) => all[name] === undefined)).toEqual([]);
  expect(faultsOf(all)).toEqual([]);
});

describe.each(names)('%s as an operator writes it by mistake', (name) => {
  const value = all[name] ?? '';

  test.each([
    ['a line break of `echo`', `${value}\n`],
    ['a line break of Windows', `${value}\r\n`],
    ['the half of one', `${value}\r`],
    ['spaces', ` ${value} `],
    ['a byte order mark', `\uFEFF${value}`],
  ])('counts for nothing at the ends: %s', (_, text) => {
    expect(parseConfig({ ...all, [name]: text })).toEqual(parseConfig(all));
  });

  test.each([
    ['double quotes', `"${value}"`, 'quotes'],
    ['single quotes', `'${value}'`, 'quotes'],
    ['a line break inside', `${value}\nmore`, 'line break'],
    ['another control character', `${value}\u0007x`, 'control character'],
  ])('is a fault: %s', (_, text, because) => {
    const faults = faultsOf({ ...all, [name]: text });
    expect(faults.filter((fault) => fault.startsWith(`${name}: `))).toEqual([expect.stringContaining(because)]);
    expect(faults.join()).not.toContain('canary');
  });
});

test('a byte order mark at the beginning of `.env` is no part of the first name', () => {
  const { APP_URL, ...rest } = all;
  expect(parseConfig({ ...rest, '\uFEFFAPP_URL': APP_URL })).toEqual(parseConfig(all));
});

test('a list may have a line for each entry', () => {
  const lines = 'google:@example.com,\n  google:ada@example.org\n';
  expect(parseConfig({ ...all, SIGN_IN_ALLOW: lines }).signInAllow).toHaveLength(2);
});

test('proxies may hold anything while their switch is off', () => {
  expect(faultsOf({ ...local, HTTPS_PROXY: '"http://proxy.example"' })).toEqual([]);
});

test('a secret in a file is read so, too, and the fault names the variable of the file', () => {
  const { SESSION_PASSWORD: _, ...rest } = local;
  const read = (text: string) => ({ ...rest, SESSION_PASSWORD_FILE: `${inFile('password', text)}\r` });
  const password = 's'.repeat(40);
  expect(parseConfig(read(`\uFEFF${password} \r\n\n`)).sessionPasswords).toEqual({ 1: password });
  expect(faultsOf(read(`"${password}"\n`))).toEqual([
    expect.stringMatching(/^SESSION_PASSWORD_FILE: stands in quotes/),
  ]);
  expect(faultsOf(read(`${password}\n${password}\n`))).toEqual([expect.stringContaining('line break')]);
});

test('so are the secrets that a record of PROVIDERS_FILE names', () => {
  const record = { preset: 'slack', client_id: 'id', client_secret_env: 'SLACK_SECRET' };
  const given = { ...local, PROVIDERS_FILE: inFile('providers.json', JSON.stringify([record])) };
  const sound = parseConfig({ ...given, SLACK_SECRET: 'canary' });
  expect(parseConfig({ ...given, SLACK_SECRET: 'canary\r\n' })).toEqual(sound);
  expect(faultsOf({ ...given, SLACK_SECRET: "'canary'" })).toEqual([expect.stringMatching(/^SLACK_SECRET: .*quotes/)]);
});

function pipe(): string {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  return path;
}

test.each([
  ['a folder', () => folder, 'is no file'],
  ['nothing', () => join(folder, 'nothing'), 'is not there'],
  ['a file without text', () => inFile('empty.json', ''), 'is empty'],
  ['half of a file', () => inFile('half.json', '[\n  { "id": "a" '), 'is not valid JSON, at line 2 column'],
  ['a pipe without a writer', pipe, 'is no file'],
  ['bytes that are no text', () => inFile('raw.json', Buffer.alloc(9, 0xff)), 'UTF-8'],
])('PROVIDERS_FILE leads to %s', (_, path, because) => {
  const given = { ...local, PROVIDERS_FILE: path() };
  expect(faultsOf(given)).toEqual([expect.stringMatching(new RegExp(`^PROVIDERS_FILE: .*${because}`))]);
  expect(configurationFiles(given)).toEqual([given.PROVIDERS_FILE]);
});

test('PROVIDERS_FILE may begin with a byte order mark, as Windows writes it', () => {
  mkdirSync(join(folder, 'windows'));
  expect(faultsOf({ ...local, PROVIDERS_FILE: inFile('windows/providers.json', '\uFEFF[]\r\n') })).toEqual([]);
});

test('the command line reads its few variables by the same rules, and names them', () => {
  expect(getCommandLineSettings({ DATA_DIR: '/srv/data\r' }).dataDir).toBe('/srv/data');
  expect(() => getCommandLineSettings({ DATABASE_URL: '"postgres://hub@db.example/hub"' })).toThrow(
    /^DATABASE_URL: stands in/,
  );
  expect(() => getCommandLineSettings({ DATABASE_URL: 'mysql://db' })).toThrow(
    /^DATABASE_URL: must begin with postgres/,
  );
  expect(() => getHubSettings({ GRANTKEEP_KEY: "'gk_canary'" })).toThrow(/^GRANTKEEP_KEY: stands in quotes/);
});
