import { hostEntry, isLoopbackHost } from '#lib/config/address-class';
import type { Environment } from '#lib/config/environment';
import { parseEnvironment } from '#lib/config/environment-faults';
import { type ProviderRecordInput, providersFileSchema } from '#lib/config/provider-record';
import { endpointFault } from '#lib/config/provider-url';
import { longestFile, readText, secretVariables, variablesOf, withSecretFiles } from '#lib/config/secret-files';
import { readVaultRoots, type VaultRoots } from '#lib/config/vault-root';
import { type Source, writtenFaults, writtenValues } from '#lib/config/written-values';
import { once } from '#lib/process-parts';

interface BuiltinClient {
  client_id: string;
  client_secret: string;
  client_secret_previous?: string;
}

/** Client credentials of the built-in five, as far as the environment names them. */
export interface BuiltinProviders {
  google?: BuiltinClient;
  /** `url`: the web address of an Enterprise server. */
  github?: BuiltinClient & { url?: string };
  salesforce?: BuiltinClient & { login_url: string };
  okta?: BuiltinClient & { issuer: string };
  auth0?: BuiltinClient & { issuer: string };
}

/** The operator's settings, checked and typed. Made once per process by `getConfig`. */
export interface Config {
  mode: Environment['NODE_ENV'];
  /** The one origin of this hub; redirect URIs are built from it, never from a Host header. */
  appUrl: URL;
  /** Cookies are `Secure` and `__Host-`, and HSTS is sent, exactly when the hub is served over https. */
  secure: boolean;
  host: string;
  port: number;
  databaseUrl: string | undefined;
  migrateDatabaseUrl: string | undefined;
  /** `transaction`: the URLs lead to a pooler that lends a connection for one transaction at a time. */
  databasePooler: Environment['DATABASE_POOLER'];
  dataDir: string;
  sessionPasswords: Record<string, string>;
  /** Session lifetimes in hours, without use (`idle`) and in all (`absolute`). */
  sessionHours: { user: { idle: number; absolute: number }; administrator: { idle: number; absolute: number } };
  vaultKeys: Environment['VAULT_KEYS'];
  /** Root keys in other services, which wrap data keys before VAULT_KEYS does. */
  vaultRoots: VaultRoots;
  /** For how long this process goes on with data keys that their key service no longer confirms. */
  vaultHoldSeconds: number;
  /** The ledger's own keys; without any, one is derived from each vault key. */
  ledgerKeys: Environment['LEDGER_KEYS'];
  /** Whole months for which the ledger's rows are kept beside the present one; 0 keeps all. */
  ledgerRetentionMonths: number;
  /** Calls that one API key may make within a minute, at each process. */
  apiRatePerMinute: number;
  /** Refreshes that this process has under way at one provider at most. */
  refreshConcurrency: number;
  /** Days after its last use for which the hub keeps an idle grant from expiring. */
  keepAliveDays: number;
  /** Days without a sign of life after which a person counts as inactive. */
  inactiveDays: number;
  /** Days between the mail to an inactive person and the first moment at which their connections may be revoked. */
  inactiveNoticeDays: number;
  signInAllow: Environment['SIGN_IN_ALLOW'];
  adminEmails: string[];
  trustedProxies: string[];
  /** The organisation that runs this hub, as its pages name it; undefined: they name none. */
  organisation: { name: string; contact: string | undefined } | undefined;
  /** Where mail goes out and what it says it is from; undefined where none is sent. */
  mail: { smtpUrl: string; from: string } | undefined;
  /** The addresses that alerts are mailed to. */
  alertEmails: string[];
  /** Of what people are told by mail, where mail is sent. */
  personMails: Environment['PERSON_MAILS'];
  /** Hosts that a webhook may reach although they are not public, as `host` or `host:port`. */
  webhookInternalHosts: string[];
  /** The token that a reader of `/metrics` must show; undefined: only this machine may read it. */
  metricsToken: string | undefined;
  /** For which an ending process goes on serving, so that a balancer notices first. */
  drainGraceSeconds: number;
  logLevel: Environment['LOG_LEVEL'];
  /** Where traces and metrics go (OTLP over HTTP), and which share of traces; undefined: nowhere. */
  telemetry: { endpoint: string; headers: Record<string, string>; serviceName: string; sampled: number } | undefined;
  /** Proxies for calls to providers; undefined for direct connections. */
  proxy: { httpProxy?: string | undefined; httpsProxy?: string | undefined; noProxy?: string | undefined } | undefined;
  builtinProviders: BuiltinProviders;
  providersFile: ProviderRecordInput[];
}

/** Every fault of the configuration at once, each naming the variable or the place in the file. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(
      `The configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n- ${faults.join('\n- ')}`,
    );
    this.faults = faults;
  }
}

/** Proxies are written in either case; the lower one wins, as in Node. */
function withProxies(source: Source): Source {
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];
  return { ...source, ...Object.fromEntries(names.map((name) => [name, source[name.toLowerCase()] ?? source[name]])) };
}

function builtinProviders(env: Environment, faults: string[]): BuiltinProviders {
  const builtin: BuiltinProviders = {};
  const pair = (name: 'GOOGLE' | 'GITHUB' | 'SALESFORCE' | 'OKTA' | 'AUTH0') => {
    const client_id = env[`${name}_CLIENT_ID`];
    const client_secret = env[`${name}_CLIENT_SECRET`];
    const previous = env[`${name}_CLIENT_SECRET_PREVIOUS`];
    if (previous && !client_secret)
      faults.push(
        `${name}_CLIENT_SECRET_PREVIOUS: is the secret that ${name}_CLIENT_SECRET replaced, which is missing`,
      );
    if (previous && previous === client_secret)
      faults.push(`${name}_CLIENT_SECRET_PREVIOUS: is the same as ${name}_CLIENT_SECRET`);
    if (client_id && client_secret)
      return { client_id, client_secret, ...(previous ? { client_secret_previous: previous } : {}) };
    if (client_id) faults.push(`${name}_CLIENT_SECRET: is missing beside ${name}_CLIENT_ID`);
    if (client_secret) faults.push(`${name}_CLIENT_ID: is missing beside ${name}_CLIENT_SECRET`);
    return undefined;
  };
  const google = pair('GOOGLE');
  if (google) builtin.google = google;
  const github = pair('GITHUB');
  if (github) builtin.github = { ...github, ...(env.GITHUB_URL ? { url: env.GITHUB_URL } : {}) };
  const salesforce = pair('SALESFORCE');
  if (salesforce) builtin.salesforce = { ...salesforce, login_url: env.SALESFORCE_LOGIN_URL };
  for (const [name, id] of [
    ['OKTA', 'okta'],
    ['AUTH0', 'auth0'],
  ] as const) {
    const credentials = pair(name);
    const issuer = env[`${name}_ISSUER`];
    if (credentials && issuer) builtin[id] = { ...credentials, issuer };
    else if (credentials) faults.push(`${name}_ISSUER: is required beside ${name}_CLIENT_ID`);
  }
  if (new URL(env.SALESFORCE_LOGIN_URL).hostname.endsWith('.lightning.force.com')) {
    faults.push(
      'SALESFORCE_LOGIN_URL: is the address of the Lightning pages; give the My Domain (https://NAME.my.salesforce.com)',
    );
  }
  for (const name of ['GITHUB_URL', 'SALESFORCE_LOGIN_URL', 'OKTA_ISSUER', 'AUTH0_ISSUER'] as const) {
    const fault = env[name] ? endpointFault(new URL(env[name]), env.APP_URL) : null;
    if (fault) faults.push(`${name}: ${fault}`);
  }
  return builtin;
}

function readProvidersFile(env: Environment, source: Source, faults: string[]): ProviderRecordInput[] {
  if (!env.PROVIDERS_FILE) return [];
  const path = env.PROVIDERS_FILE;
  let content: unknown;
  try {
    content = JSON.parse(readText(path, longestFile));
  } catch (error) {
    // The parser quotes the text, where a secret may stand.
    const place = /\bline \d+ column \d+\b/.exec(String(error))?.[0];
    const broken = `is not valid JSON${place ? `, at ${place}` : ''}`;
    faults.push(`PROVIDERS_FILE: ${path} ${error instanceof SyntaxError ? broken : (error as Error).message}`);
    return [];
  }
  const named = variablesOf(content);
  const withFiles = withSecretFiles(source, named, faults);
  faults.push(...writtenFaults(withFiles, named).map(([, fault]) => fault));
  const parsed = providersFileSchema({ appUrl: env.APP_URL, env: withFiles }).safeParse(content);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues)
    faults.push(`PROVIDERS_FILE: ${issue.path.join('.') || '(top)'}: ${issue.message}`);
  return [];
}

/** The proxy variables, as long as Node's own switch for them is on; otherwise they may hold anything. */
function proxyOf(env: Environment, faults: string[]): Config['proxy'] {
  if (env.NODE_USE_ENV_PROXY !== '1') return undefined;
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY'] as const) {
    const address = env[name];
    if (address !== undefined && !/^https?:$/.test(URL.parse(address)?.protocol ?? '')) {
      faults.push(`${name}: must be an http: or https: URL`);
    }
  }
  // Addresses are compared as they are written; names may have a leading dot or star.
  const noProxy = env.NO_PROXY?.replace(/[^,\s]+/g, (entry) => (/\[|:.*:/.test(entry) && hostEntry(entry)) || entry);
  return { httpProxy: env.HTTP_PROXY, httpsProxy: env.HTTPS_PROXY, noProxy };
}

/** The rules between variables, and the files they name. */
function checkTogether(env: Environment, source: Source, faults: string[]) {
  if (env.SIGN_IN_ALLOW.length === 0 && !isLoopbackHost(env.APP_URL)) {
    faults.push(
      'SIGN_IN_ALLOW: is required unless APP_URL is loopback (say who may sign in, for example google:@example.com)',
    );
  }
  if (env.MIGRATE_DATABASE_URL && !env.DATABASE_URL)
    faults.push('DATABASE_URL: is required beside MIGRATE_DATABASE_URL');
  if (env.ORGANISATION_CONTACT && !env.ORGANISATION_NAME)
    faults.push('ORGANISATION_NAME: is required beside ORGANISATION_CONTACT');
  if (env.SMTP_URL && !env.MAIL_FROM) faults.push('MAIL_FROM: is required beside SMTP_URL');
  if (env.ALERT_EMAILS.length > 0 && !env.SMTP_URL) faults.push('SMTP_URL: is required beside ALERT_EMAILS');
  const builtin = builtinProviders(env, faults);
  const providersFile = readProvidersFile(env, source, faults);
  for (const { id } of providersFile) {
    if (Object.hasOwn(builtin, id))
      faults.push(`PROVIDERS_FILE: the id "${id}" is also configured by ${id.toUpperCase()}_CLIENT_ID`);
  }
  const vaultRoots = readVaultRoots(env, faults);
  if (env.VAULT_KEYS.length === 0 && source.VAULT_ROOT === undefined) faults.push('VAULT_KEYS: is required');
  if (
    env.VAULT_KEYS.length === 0 &&
    vaultRoots.roots.length > 0 &&
    !env.LEDGER_KEYS.some(({ kind }) => kind === 'seed')
  )
    faults.push('LEDGER_KEYS: is required where VAULT_KEYS is not set');
  return { builtin, providersFile, vaultRoots, proxy: proxyOf(env, faults) };
}

/**
 * Parses the environment and the provider file it names.
 * @throws ConfigError listing every fault at once
 */
export function parseConfig(variables: Source): Config {
  const faults: string[] = [];
  const unread: string[] = [];
  const source = withSecretFiles(withProxies(writtenValues(variables)), secretVariables, unread);
  // A secret that could not be read from its file is not also called missing.
  const { env, faulty } = parseEnvironment(source, faults, unread);
  const between: string[] = [];
  const { builtin, providersFile, vaultRoots, proxy } = checkTogether(env, source, between);
  // A faulty variable is not also called missing.
  faults.push(...between.filter((fault) => !faulty.has(fault.slice(0, fault.indexOf(':')))));
  if (faults.length > 0) throw new ConfigError(faults);
  return {
    mode: env.NODE_ENV,
    appUrl: env.APP_URL,
    secure: env.APP_URL.protocol === 'https:',
    // If every person may sign in, the door must not be open to the outside.
    host: env.HOST ?? (env.SIGN_IN_ALLOW.length === 0 ? '127.0.0.1' : '0.0.0.0'),
    port: env.PORT,
    databaseUrl: env.DATABASE_URL,
    migrateDatabaseUrl: env.MIGRATE_DATABASE_URL,
    databasePooler: env.DATABASE_POOLER,
    dataDir: env.DATA_DIR,
    sessionPasswords: env.SESSION_PASSWORD,
    sessionHours: {
      user: { idle: env.SESSION_IDLE_HOURS, absolute: env.SESSION_ABSOLUTE_HOURS },
      administrator: { idle: env.ADMIN_SESSION_IDLE_HOURS, absolute: env.ADMIN_SESSION_ABSOLUTE_HOURS },
    },
    vaultKeys: env.VAULT_KEYS,
    vaultRoots,
    vaultHoldSeconds: env.VAULT_HOLD_MINUTES * 60,
    ledgerKeys: env.LEDGER_KEYS,
    ledgerRetentionMonths: env.LEDGER_RETENTION_MONTHS,
    apiRatePerMinute: env.API_RATE_PER_MINUTE,
    refreshConcurrency: env.REFRESH_CONCURRENCY,
    keepAliveDays: env.KEEP_ALIVE_DAYS,
    inactiveDays: env.INACTIVE_DAYS,
    inactiveNoticeDays: env.INACTIVE_NOTICE_DAYS,
    signInAllow: env.SIGN_IN_ALLOW,
    adminEmails: env.ADMIN_EMAILS,
    trustedProxies: env.TRUSTED_PROXIES,
    organisation: env.ORGANISATION_NAME
      ? { name: env.ORGANISATION_NAME, contact: env.ORGANISATION_CONTACT }
      : undefined,
    mail: env.SMTP_URL && env.MAIL_FROM ? { smtpUrl: env.SMTP_URL, from: env.MAIL_FROM } : undefined,
    alertEmails: env.ALERT_EMAILS,
    personMails: env.PERSON_MAILS,
    webhookInternalHosts: env.WEBHOOK_INTERNAL_HOSTS,
    metricsToken: env.METRICS_TOKEN,
    drainGraceSeconds: env.DRAIN_GRACE_SECONDS,
    logLevel: env.LOG_LEVEL,
    telemetry: env.OTEL_EXPORTER_OTLP_ENDPOINT
      ? {
          endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT.replace(/\/+$/, ''),
          headers: env.OTEL_EXPORTER_OTLP_HEADERS,
          serviceName: env.OTEL_SERVICE_NAME,
          sampled: env.OTEL_TRACES_SAMPLER_ARG,
        }
      : undefined,
    proxy,
    builtinProviders: builtin,
    providersFile,
  };
}

/**
 * The process's configuration, parsed at the first call.
 * @throws ConfigError listing every fault at once
 */
export function getConfig(): Config {
  return once('config', () => parseConfig(process.env));
}
