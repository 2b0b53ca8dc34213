import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError, parseConfig } from '#lib/config/config';
import { faultsOf, local, password, remote, type Variables } from '#tests/variables';

test('the least that must be set on loopback, and what follows from it', () => {
  expect(parseConfig(local)).toMatchObject({
    mode: 'production',
    secure: false,
    host: '127.0.0.1',
    port: 3000,
    databaseUrl: undefined,
    sessionPasswords: { 1: password },
    sessionHours: { user: { idle: 12, absolute: 168 }, administrator: { idle: 1, absolute: 12 } },
    signInAllow: [],
    adminEmails: [],
    trustedProxies: [],
    logLevel: 'info',
    proxy: undefined,
    builtinProviders: {},
    providersFile: [],
  });
});

test('every fault is listed at once: of single variables, between variables, and of the file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-config-'));
  const file = join(folder, 'providers.json');
  writeFileSync(file, JSON.stringify([{ id: 'Bad Id', name: 'Bad' }]));
  try {
    const faults = faultsOf({
      APP_URL: 'https://connect.example.com/path',
      PORT: '70000',
      SESSION_PASSWORD: 'short',
      MIGRATE_DATABASE_URL: 'postgres://owner@db.example/hub',
      TRUSTED_PROXIES: '10.0.0.0/8,nonsense',
      ADMIN_SESSION_IDLE_HOURS: '-1',
      GOOGLE_CLIENT_ID: 'id',
      OKTA_CLIENT_ID: 'id',
      OKTA_CLIENT_SECRET: 'secret',
      PROVIDERS_FILE: file,
    });
    const names = new Set(faults.map((fault) => fault.slice(0, fault.indexOf(':'))));
    expect([...names].sort()).toEqual([
      'ADMIN_SESSION_IDLE_HOURS',
      'APP_URL',
      'DATABASE_URL',
      'GOOGLE_CLIENT_SECRET',
      'OKTA_ISSUER',
      'PORT',
      'PROVIDERS_FILE',
      'SESSION_PASSWORD',
      'TRUSTED_PROXIES',
      'VAULT_KEYS',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the message lists the faults a line each and quotes no secret', () => {
  const secret = 'canary-of-a-short-password';
  const error = new ConfigError(faultsOf({ ...local, SESSION_PASSWORD: secret, VAULT_KEYS: `k1:${secret}` }));
  expect(error.message.split('\n')).toHaveLength(3);
  expect(error.message).not.toContain(secret);
  expect(error.message).toContain('has 2 faults');
});

test('a faulty variable is not also called missing by a rule between variables', () => {
  const faults = faultsOf({ ...local, OKTA_CLIENT_ID: 'id', OKTA_CLIENT_SECRET: 's', OKTA_ISSUER: 'not a URL' });
  expect(faults).toEqual(['OKTA_ISSUER: must be an absolute URL']);
});

test.each(['', '   '])('a variable set to "%s" counts as not set', (empty) => {
  expect(faultsOf({ ...local, DATABASE_URL: empty, GOOGLE_CLIENT_ID: empty, PORT: empty })).toEqual([]);
  expect(faultsOf({ ...local, VAULT_KEYS: empty })).toEqual(['VAULT_KEYS: is required']);
});

describe('each variable by its rule', () => {
  const accepted: [name: string, value: string][] = [
    ['APP_URL', 'http://127.0.0.1:8080'],
    ['APP_URL', 'http://[::1]:3000'],
    ['APP_URL', 'http://hub.localhost'],
    ['APP_URL', 'http://localhost:3000/'],
    ['PORT', '0'],
    ['PORT', '65535'],
    ['DATABASE_URL', 'postgres://hub@db.example/hub'],
    ['DATABASE_URL', 'postgresql://hub@db.example/hub'],
    ['SESSION_IDLE_HOURS', '0.5'],
    ['NODE_ENV', 'development'],
    ['LOG_LEVEL', 'silent'],
    ['TRUSTED_PROXIES', '10.0.0.0/8, 192.0.2.1, 2001:db8::/32, ::1'],
    ['ADMIN_EMAILS', 'ada@example.com, Grace@Example.com'],
    ['SALESFORCE_LOGIN_URL', 'https://acme.my.salesforce.com'],
    ['DATABASE_URL', 'postgres://hub:p%2Fa%23ss@db.example:5432/hub?sslmode=verify-full'],
    ['DATABASE_URL', 'postgres:///hub?host=/run/postgresql&user=hub'],
    ['HOST', '::'],
    ['HOST', '[fd00::1]'],
    ['HOST', 'hub-1.internal'],
  ];
  test.each(accepted)('%s=%s is accepted', (name, value) => {
    expect(faultsOf({ ...local, [name]: value })).toEqual([]);
  });

  const refused: [name: string, value: string, because: string][] = [
    ['APP_URL', 'connect.example.com', 'absolute URL'],
    ['APP_URL', 'ftp://connect.example.com', 'absolute URL'],
    ['APP_URL', 'http://connect.example.com', 'must be https:'],
    ['APP_URL', 'http://localhost.example.com', 'must be https:'],
    ['APP_URL', 'http://notlocalhost', 'must be https:'],
    ['APP_URL', 'https://connect.example.com/hub', 'origin only'],
    ['APP_URL', 'https://connect.example.com/?a=b', 'origin only'],
    ['APP_URL', 'https://connect.example.com/#a', 'origin only'],
    ['APP_URL', 'https://user@connect.example.com', 'origin only'],
    ['APP_URL', 'https://:password@connect.example.com', 'origin only'],
    ['PORT', '-1', 'PORT'],
    ['DATABASE_URL', 'mysql://db.example/hub', 'postgres://'],
    ['SESSION_ABSOLUTE_HOURS', '2161', 'SESSION_ABSOLUTE_HOURS'],
    ['ADMIN_SESSION_ABSOLUTE_HOURS', 'long', 'ADMIN_SESSION_ABSOLUTE_HOURS'],
    ['NODE_ENV', 'staging', 'NODE_ENV'],
    ['TRUSTED_PROXIES', 'proxy.example', '"proxy.example" is neither'],
    ['TRUSTED_PROXIES', '10.0.0.0/33', 'is neither'],
    ['GITHUB_URL', 'github.example', 'absolute URL'],
    ['OKTA_ISSUER', 'ftp://okta.example', 'must be https:'],
    ['PROVIDERS_FILE', '/nowhere/providers.json', 'is not there'],
    ['NODE_USE_ENV_PROXY', 'yes', 'must be 0 or 1'],
    ['HOST', '0.0.0.0:3000', 'without a port'],
    ['HOST', 'http://hub', 'without a port'],
    ['ADMIN_EMAILS', 'ada@example.com,grace', '"grace" is no e-mail address'],
    ['ALERT_EMAILS', 'ops', '"ops" is no e-mail address'],
    ['PORT', 'http', 'must be a number'],
    ['PORT', '80.5', 'must be a whole number'],
    ['PORT', '65536', 'must be at most 65535'],
    ['SESSION_IDLE_HOURS', '0', 'must be more than 0'],
    ['LOG_LEVEL', 'loud', 'must be fatal, error, warn, info, debug, trace or silent'],
    // A password as `openssl rand -base64` makes it, written as it is.
    ['DATABASE_URL', 'postgres://hub:pa/ss@db.example/hub', 'percent-encoded'],
    ['DATABASE_URL', 'postgres://hub:1/ss@db.example/hub', 'percent-encoded'],
    ['DATABASE_URL', 'postgres://hub:1#ss@db.example/hub', 'percent-encoded'],
    ['DATABASE_URL', 'postgres://hub:pa?ss@db.example/hub', 'percent-encoded'],
    ['DATABASE_URL', 'postgres://hub:100%@db.example/hub', 'percent-encoded'],
    ['DATABASE_URL', 'postgres://hub@db.example:99999/hub', 'percent-encoded'],
    ['SMTP_URL', 'smtps://hub:1/ss@mail.example', 'percent-encoded'],
    ['SMTP_URL', 'https://mail.example', 'smtp: or smtps: URL'],
  ];
  test.each(refused)('%s=%s is refused', (name, value, because) => {
    const faults = faultsOf({ ...local, [name]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(new RegExp(`^${name}: `));
    expect(faults[0]).toContain(because);
  });
});

describe('plain http', () => {
  test.each(['GITHUB_URL', 'SALESFORCE_LOGIN_URL', 'OKTA_ISSUER', 'AUTH0_ISSUER'])(
    '%s may be plain http on loopback only, and only while APP_URL is loopback too',
    (name) => {
      expect(faultsOf({ ...local, [name]: 'http://localhost:4400' })).toEqual([]);
      expect(faultsOf({ ...local, [name]: 'http://idp.example' })).toHaveLength(1);
      expect(faultsOf({ ...remote, [name]: 'http://localhost:4400' })).toHaveLength(1);
      expect(faultsOf({ ...remote, [name]: 'https://idp.example' })).toEqual([]);
    },
  );

  test.each(['https://user:password@idp.example', 'https://169.254.169.254/', 'https://idp.example/#part'])(
    'a provider at %s is refused whatever its scheme',
    (url) => {
      expect(faultsOf({ ...remote, OKTA_ISSUER: url })).toHaveLength(1);
    },
  );

  test('cookies are secure exactly when the hub is served over https', () => {
    expect([parseConfig(local).secure, parseConfig(remote).secure]).toEqual([false, true]);
  });
});

describe('who is told', () => {
  const smtp = { SMTP_URL: 'smtps://user:p%40ss@mail.example.com', MAIL_FROM: 'hub@example.com' };

  test('by mail, where there is a server and a sender', () => {
    expect(parseConfig({ ...local, ...smtp, ALERT_EMAILS: 'ada@example.com, bob@example.com' })).toMatchObject({
      mail: { smtpUrl: smtp.SMTP_URL, from: 'hub@example.com' },
      alertEmails: ['ada@example.com', 'bob@example.com'],
    });
    expect(parseConfig(local)).toMatchObject({ mail: undefined, alertEmails: [], metricsToken: undefined });
  });

  test.each([
    ['a server without a sender', { SMTP_URL: smtp.SMTP_URL }, /^MAIL_FROM: is required/],
    ['addresses without a server', { ALERT_EMAILS: 'ada@example.com' }, /^SMTP_URL: is required/],
    ['another scheme', { ...smtp, SMTP_URL: 'https://mail.example.com' }, /^SMTP_URL: must be/],
    [
      'a second line in an address',
      { ...smtp, MAIL_FROM: 'a@example.com\nBcc: b@example.com' },
      /^MAIL_FROM: has a line break/,
    ],
    ['an address that is none', { ...smtp, ALERT_EMAILS: 'ada' }, /^ALERT_EMAILS: "ada" is no/],
    ['a short token', { METRICS_TOKEN: 'short' }, /^METRICS_TOKEN: must have at least 32/],
  ])('%s is a fault', (_, variables, fault) => {
    expect(faultsOf({ ...local, ...variables })).toContainEqual(expect.stringMatching(fault));
  });
});

describe('SIGN_IN_ALLOW', () => {
  test('is required unless the hub is on loopback', () => {
    expect(faultsOf({ ...remote, SIGN_IN_ALLOW: undefined })).toEqual([
      expect.stringMatching(/^SIGN_IN_ALLOW: is required/),
    ]);
    expect(faultsOf({ ...remote, SIGN_IN_ALLOW: ' , ' })).toEqual([
      expect.stringMatching(/^SIGN_IN_ALLOW: is required/),
    ]);
    expect(faultsOf(local)).toEqual([]);
  });

  test('names e-mails, domains or everybody of a provider, in any case', () => {
    const { signInAllow } = parseConfig({
      ...remote,
      SIGN_IN_ALLOW: 'Google:Ada@Example.com, okta:@Example.com,demo:*',
    });
    expect(signInAllow).toEqual([
      { provider: 'google', allow: { kind: 'email', email: 'ada@example.com' } },
      { provider: 'okta', allow: { kind: 'domain', domain: 'example.com' } },
      { provider: 'demo', allow: { kind: 'any' } },
    ]);
  });

  test.each([
    '@example.com',
    'google',
    'google:',
    'google:@',
    'google:example.com',
    'google:@a@b',
    'google:*@example.com',
    'google:a b@c',
    '*:*',
  ])('%s is refused', (rule) => {
    expect(faultsOf({ ...remote, SIGN_IN_ALLOW: rule })).toEqual([expect.stringMatching(/^SIGN_IN_ALLOW: /)]);
  });
});

describe('providers', () => {
  const folder = { path: '' };
  beforeAll(() => {
    folder.path = mkdtempSync(join(tmpdir(), 'grantkeep-config-'));
  });
  afterAll(() => rmSync(folder.path, { recursive: true }));
  const withFile = (content: string): Variables => {
    const path = join(folder.path, 'providers.json');
    writeFileSync(path, content);
    return { ...local, PROVIDERS_FILE: path };
  };
  const entry = {
    id: 'acme',
    name: 'Acme',
    issuer: 'https://acme.example',
    client_id: 'hub',
    client_secret_env: 'ACME_SECRET',
  };

  test.each(['GOOGLE', 'GITHUB', 'SALESFORCE', 'OKTA', 'AUTH0'])('%s needs both halves of its credentials', (name) => {
    const issuer = ['OKTA', 'AUTH0'].includes(name) ? { [`${name}_ISSUER`]: 'https://idp.example' } : {};
    const both = { ...local, ...issuer, [`${name}_CLIENT_ID`]: 'id', [`${name}_CLIENT_SECRET`]: 'secret' };
    expect(Object.keys(parseConfig(both).builtinProviders)).toEqual([name.toLowerCase()]);
    expect(faultsOf({ ...both, [`${name}_CLIENT_ID`]: '' })).toContain(
      `${name}_CLIENT_ID: is missing beside ${name}_CLIENT_SECRET`,
    );
    expect(faultsOf({ ...both, [`${name}_CLIENT_SECRET`]: '' })).toContain(
      `${name}_CLIENT_SECRET: is missing beside ${name}_CLIENT_ID`,
    );
    const rotated = { ...both, [`${name}_CLIENT_SECRET_PREVIOUS`]: 'the old one' };
    expect(Object.values(parseConfig(rotated).builtinProviders)).toEqual([
      expect.objectContaining({ client_secret: 'secret', client_secret_previous: 'the old one' }),
    ]);
    expect(faultsOf({ ...rotated, [`${name}_CLIENT_SECRET_PREVIOUS`]: 'secret' })).toEqual([
      `${name}_CLIENT_SECRET_PREVIOUS: is the same as ${name}_CLIENT_SECRET`,
    ]);
  });

  test.each(['OKTA', 'AUTH0'])('%s needs its issuer', (name) => {
    expect(faultsOf({ ...local, [`${name}_CLIENT_ID`]: 'id', [`${name}_CLIENT_SECRET`]: 'secret' })).toEqual([
      `${name}_ISSUER: is required beside ${name}_CLIENT_ID`,
    ]);
  });

  test('a file is read, and its secrets come from the variables it names', () => {
    const config = parseConfig({ ...withFile(JSON.stringify([entry])), ACME_SECRET: 'from the environment' });
    expect(config.providersFile).toEqual([
      expect.objectContaining({ id: 'acme', client_secret: 'from the environment' }),
    ]);
  });

  test.each<[string, string, string]>([
    ['no JSON', '[{]', 'is not valid JSON'],
    ['no list', '{}', '(top)'],
    ['a variable that is not set', JSON.stringify([entry]), '0.client_secret_env: the variable ACME_SECRET is not set'],
    ['a field that does not exist', JSON.stringify([{ ...entry, clientId: 'x' }]), 'clientId'],
  ])('a file with %s is refused by the place in it', (_, content, because) => {
    expect(faultsOf(withFile(content))).toContainEqual(expect.stringContaining(because));
  });

  test('an id of the file may not be that of a configured built-in provider', () => {
    const file = JSON.stringify([{ ...entry, id: 'google', client_secret_env: undefined, client_secret: 's' }]);
    expect(faultsOf({ ...withFile(file), GOOGLE_CLIENT_ID: 'a', GOOGLE_CLIENT_SECRET: 'b' })).toEqual([
      'PROVIDERS_FILE: the id "google" is also configured by GOOGLE_CLIENT_ID',
    ]);
    expect(faultsOf(withFile(file))).toEqual([]);
    expect(faultsOf(withFile(file.replace('google', 'constructor')))).toEqual([]);
  });
});

test('the hub listens to the network only when the operator said who may sign in, or where to listen', () => {
  expect(parseConfig({ ...local, SIGN_IN_ALLOW: 'google:*' }).host).toBe('0.0.0.0');
  expect(parseConfig({ ...local, HOST: '0.0.0.0' }).host).toBe('0.0.0.0');
  expect(parseConfig(local).host).toBe('127.0.0.1');
});

describe('S-10 the organisation that runs the hub', () => {
  test.each([
    ['a name alone', { ORGANISATION_NAME: ' Acme Ltd ' }, { name: 'Acme Ltd', contact: undefined }],
    [
      'a name and an address',
      { ORGANISATION_NAME: 'Acme', ORGANISATION_CONTACT: 'help@acme.example' },
      { name: 'Acme', contact: 'help@acme.example' },
    ],
    [
      'a name and a page',
      { ORGANISATION_NAME: 'Acme', ORGANISATION_CONTACT: 'https://acme.example/help' },
      { name: 'Acme', contact: 'https://acme.example/help' },
    ],
  ])('is said by %s', (_, variables, expected) => {
    expect(parseConfig({ ...local, ...variables }).organisation).toEqual(expected);
  });

  test.each([
    ['a contact without a name', { ORGANISATION_CONTACT: 'help@acme.example' }, 'ORGANISATION_NAME: is required'],
    [
      'a script for a contact',
      { ORGANISATION_NAME: 'A', ORGANISATION_CONTACT: 'javascript:alert(1)' },
      'CONTACT: must be',
    ],
    ['a plain page', { ORGANISATION_NAME: 'A', ORGANISATION_CONTACT: 'http://acme.example' }, 'CONTACT: must be'],
    ['two lines', { ORGANISATION_NAME: 'A\nB' }, 'line break'],
  ])('is not said by %s', (_, variables, fault) => {
    expect(faultsOf({ ...local, ...variables })).toEqual([expect.stringContaining(fault)]);
  });
});
