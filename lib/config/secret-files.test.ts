import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkConfig } from '#lib/cli/config-command';
import { getCommandLineSettings } from '#lib/config/command-line';
import { parseConfig } from '#lib/config/config';
import { secretVariables } from '#lib/config/secret-files';
import { faultsOf, key, local } from '#tests/variables';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'grantkeep-secrets-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A file with this text; its path. */
function inFile(text: string, name = `f${Math.abs(text.length)}`): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** A value that each variable takes, and what goes beside it. */
const values: Record<(typeof secretVariables)[number], [value: string, beside?: Record<string, string>]> = {
  SESSION_PASSWORD: ['s'.repeat(40)],
  VAULT_KEYS: [`k9:${key}`],
  LEDGER_KEYS: [`l1:${key}`],
  DATABASE_URL: ['postgres://hub:canary@db.example/hub'],
  MIGRATE_DATABASE_URL: ['postgres://owner:canary@db.example/hub', { DATABASE_URL: 'postgres://hub@db.example/hub' }],
  SMTP_URL: ['smtps://user:canary@mail.example.com', { MAIL_FROM: 'hub@example.com' }],
  METRICS_TOKEN: ['m'.repeat(32)],
  OTEL_EXPORTER_OTLP_HEADERS: [
    'authorization=Bearer%20canary',
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example:4318' },
  ],
  AWS_ACCESS_KEY_ID: ['AKIA'],
  AWS_SECRET_ACCESS_KEY: ['canary'],
  AWS_SESSION_TOKEN: ['canary'],
  IMPORT_DATABASE_URL: ['postgres://old@db.example/app'],
  IMPORT_KEY: ['canary'],
  ...Object.fromEntries(
    ['GOOGLE', 'GITHUB', 'SALESFORCE'].flatMap((name) => [
      [`${name}_CLIENT_SECRET`, ['canary', { [`${name}_CLIENT_ID`]: 'id' }]],
      [`${name}_CLIENT_SECRET_PREVIOUS`, ['old', { [`${name}_CLIENT_ID`]: 'id', [`${name}_CLIENT_SECRET`]: 'new' }]],
    ]),
  ),
  ...Object.fromEntries(
    ['OKTA', 'AUTH0'].flatMap((name) => {
      const beside = { [`${name}_CLIENT_ID`]: 'id', [`${name}_ISSUER`]: `https://${name.toLowerCase()}.example` };
      return [
        [`${name}_CLIENT_SECRET`, ['canary', beside]],
        [`${name}_CLIENT_SECRET_PREVIOUS`, ['old', { ...beside, [`${name}_CLIENT_SECRET`]: 'new' }]],
      ];
    }),
  ),
};

test.each(secretVariables)('I-09 %s_FILE counts as the variable itself', (name) => {
  const [value, beside = {}] = values[name] ?? [''];
  const { [name as keyof typeof local]: _, ...rest } = { ...local, ...beside } as Record<string, string>;
  const given = { ...rest, [`${name}_FILE`]: inFile(`${value}\n`) };
  expect(parseConfig(given)).toEqual(parseConfig({ ...rest, [name]: value }));
  expect(getCommandLineSettings(given)).toEqual(getCommandLineSettings({ ...rest, [name]: value }));
});

test('I-09 so do the secrets that a record names', () => {
  const record = { preset: 'slack', client_id: 'id', client_secret_env: 'SLACK_SECRET' };
  const PROVIDERS_FILE = inFile(JSON.stringify([record]), 'providers.json');
  const SLACK_SECRET_FILE = inFile('canary-of-slack\n');
  expect(parseConfig({ ...local, PROVIDERS_FILE, SLACK_SECRET_FILE }).providersFile).toEqual(
    parseConfig({ ...local, PROVIDERS_FILE, SLACK_SECRET: 'canary-of-slack' }).providersFile,
  );
});

test('a file that cannot be used is a fault of its variable, and the variable is not also called missing', () => {
  const { SESSION_PASSWORD: _, ...rest } = local;
  const nothing = join(folder, 'nothing');
  const sub = join(folder, 'sub');
  mkdirSync(sub);
  const faults = (path: string) => faultsOf({ ...rest, SESSION_PASSWORD_FILE: path });
  expect(faults(nothing)).toEqual([`SESSION_PASSWORD_FILE: ${nothing} is not there`]);
  expect(faults(sub)).toEqual([`SESSION_PASSWORD_FILE: ${sub} is no file`]);
  expect(faults(inFile(' \n'))).toEqual([`SESSION_PASSWORD_FILE: ${inFile(' \n')} is empty`]);
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  expect(faults(pipe)).toEqual([`SESSION_PASSWORD_FILE: ${pipe} is no file`]);
  const raw = join(folder, 'raw');
  writeFileSync(raw, Buffer.alloc(40, 0xff));
  expect(faults(raw)).toEqual([`SESSION_PASSWORD_FILE: ${raw} is no text in UTF-8`]);
  const long = inFile('x'.repeat(70_000));
  expect(faults(long)).toEqual([`SESSION_PASSWORD_FILE: ${long} is longer than 65536 bytes`]);
  expect(faultsOf({ ...local, SESSION_PASSWORD_FILE: inFile('s'.repeat(40)) })).toEqual([
    'SESSION_PASSWORD_FILE: goes without SESSION_PASSWORD, which is set too',
  ]);
});

test('I-09 the configuration is checked without a start: every fault, or what is configured, and no secret', () => {
  const canary = 'canary-of-a-secret';
  const faulty = checkConfig(() =>
    parseConfig({ ...local, SESSION_PASSWORD: canary, PORT: 'http', GOOGLE_CLIENT_SECRET: canary }),
  );
  expect(faulty).toMatchObject({ ok: false });
  expect(faulty.lines.map(({ at }) => at).sort()).toEqual(['GOOGLE_CLIENT_ID', 'PORT', 'SESSION_PASSWORD']);
  const sound = checkConfig(() => parseConfig({ ...local, GOOGLE_CLIENT_ID: 'id', GOOGLE_CLIENT_SECRET: canary }));
  expect(sound).toMatchObject({ ok: true, lines: [{ ok: true, database: 'embedded', providers: ['google'] }] });
  expect(JSON.stringify([faulty, sound])).not.toContain(canary);
});
