import { isIP } from 'node:net';
import { resolve } from 'node:path';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { hostEntry, isLoopbackHost } from '#lib/config/address-class';
import { vaultRoots } from '#lib/config/vault-root';

const commaList = z
  .string()
  .optional()
  .transform((text) =>
    (text ?? '')
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== ''),
  );

const appUrl = z.string().transform((text, ctx) => {
  const url = URL.parse(text);
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    ctx.addIssue('must be an absolute URL such as https://connect.example.com');
    return z.NEVER;
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url)) {
    ctx.addIssue('must be https: (http: is accepted on loopback only)');
    return z.NEVER;
  }
  if (url.pathname !== '/' || url.search || url.hash || url.username || url.password) {
    ctx.addIssue('must be an origin only, without a path, query or credentials');
    return z.NEVER;
  }
  return url;
});

/** `SESSION_PASSWORD`: one plain value is id 1; a rotation is `2:new,1:old` (iron-session seals with the highest id). */
const sessionPasswords = z.string().transform((text, ctx) => {
  const numbered = text.split(',').map((part) => /^([1-9]\d{0,8}):(.+)$/s.exec(part.trim()));
  const rotated = numbered.every((match) => match !== null);
  // Half of a rotation read as one plain value would sign everybody out and forget the older passwords.
  if (!rotated && numbered.some((match) => match !== null)) {
    ctx.addIssue('must be one plain value, or a comma list in which every part is `number:password`');
    return z.NEVER;
  }
  const entries = rotated
    ? numbered.map((match) => [String(match?.[1]), String(match?.[2])] as const)
    : [['1', text] as const];
  const passwords: Record<string, string> = {};
  for (const [id, password] of entries) {
    if (password.length < 32) ctx.addIssue(`password ${id} must have at least 32 characters`);
    if (id in passwords) ctx.addIssue(`id ${id} is given twice`);
    passwords[id] = password;
  }
  return passwords;
});

/** `VAULT_KEYS`: `kid:base64 of 32 bytes`, comma list; the first seals, all open. */
const vaultKeys = z.string().transform((text, ctx) => {
  const keys: { kid: string; key: Uint8Array }[] = [];
  for (const part of text.split(',').map((item) => item.trim())) {
    const match = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/_-]+={0,2})$/.exec(part);
    const key = match ? Buffer.from(match[2] ?? '', 'base64') : undefined;
    if (!match || !key || key.length !== 32) {
      ctx.addIssue('each entry must be `kid:base64 of exactly 32 bytes`');
      continue;
    }
    if (keys.some((known) => known.kid === match[1])) ctx.addIssue(`key id ${match[1]} is given twice`);
    keys.push({ kid: String(match[1]), key: Uint8Array.from(key) });
  }
  return keys;
});

/**
 * `LEDGER_KEYS`: `kid:base64 of 32 bytes`, comma list; the first signs, all verify. A retired key can be given by its
 * public half: `kid:public:base64`.
 */
const ledgerKeys = commaList.transform((items, ctx) => {
  const keys: { kid: string; kind: 'seed' | 'public'; key: Uint8Array }[] = [];
  for (const item of items) {
    const match = /^([A-Za-z0-9_-]{1,32}):(public:)?([A-Za-z0-9+/_-]+={0,2})$/.exec(item);
    const key = match ? Buffer.from(match[3] ?? '', 'base64') : undefined;
    if (!match || !key || key.length !== 32) {
      ctx.addIssue('each entry must be `kid:base64 of exactly 32 bytes`, or `kid:public:base64` for a retired key');
      continue;
    }
    const kid = String(match[1]);
    if (kid.startsWith('vault-') && !match[2])
      ctx.addIssue(`key id ${kid}: ids that begin with vault- are made from VAULT_KEYS and sign nothing else`);
    if (keys.some((known) => known.kid === kid)) ctx.addIssue(`key id ${kid} is given twice`);
    keys.push({ kid, kind: match[2] ? 'public' : 'seed', key: Uint8Array.from(key) });
  }
  return keys;
});

export interface SignInRule {
  provider: string;
  /** `any` address, one `email`, or every verified address of a `domain`; lower case. */
  allow: { kind: 'any' } | { kind: 'email'; email: string } | { kind: 'domain'; domain: string };
}

const signInRule = /^([a-z0-9][a-z0-9_-]*):(?:(\*)|@([^\s@*]+)|([^\s@*]+@[^\s@*]+))$/;

const signInAllow = commaList.transform((items, ctx) =>
  items.flatMap((item): SignInRule[] => {
    const [, provider, any, domain, email] = signInRule.exec(item.toLowerCase()) ?? [];
    if (provider && any) return [{ provider, allow: { kind: 'any' } }];
    if (provider && domain) return [{ provider, allow: { kind: 'domain', domain } }];
    if (provider && email) return [{ provider, allow: { kind: 'email', email } }];
    ctx.addIssue(`"${item}" must be provider:e-mail, provider:@domain or provider:*`);
    return [];
  }),
);

const trustedProxies = commaList.transform((items, ctx) =>
  items.filter((item) => {
    const valid = isIP(item) !== 0 || ipaddr.isValidCIDR(item);
    if (!valid) ctx.addIssue(`"${item}" is neither an IP address nor a CIDR range`);
    return valid;
  }),
);

const organisationName = z
  .string()
  .trim()
  .max(60)
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]+$/u, 'must be one line of plain text');

/** Where people ask: an address, or a page. */
const organisationContact = z.union([z.email(), z.url({ protocol: /^https$/ })], {
  error: 'must be an e-mail address or an https URL',
});

/** Host lists in the form in which they are compared. */
const hostList = commaList.transform((items, ctx) =>
  items.flatMap((item) => {
    const entry = hostEntry(item);
    if (entry === null) ctx.addIssue(`"${item}" must be a host, host:port, [IPv6] or [IPv6]:port`);
    return entry ?? [];
  }),
);

/** Whether the user and the password end where they seem to: one with a `/` or a `#` ends the host before it is over. */
function isWholeUrl(text: string): boolean {
  const url = URL.parse(text);
  try {
    return url !== null && url.hash === '' && !url.pathname.includes('@') && decodeURIComponent(text) !== '';
  } catch {
    return false;
  }
}
const notWhole =
  'is no URL: write special characters of its user and password percent-encoded, as %23 for # and %2F for /';

/** `nodemailer` reads the rest of the URL itself; a host must be there, and nothing but these two schemes. */
const smtpUrl = z
  .string()
  .regex(/^smtps?:\/\/[^/]/i, {
    error: 'must be an smtp: or smtps: URL such as smtps://user:password@mail.example.com',
    abort: true,
  })
  .refine(isWholeUrl, notWhole);
const mailPattern = /^[^\s<>@,]+@[^\s<>@,]+$/;
const mailAddress = z.string().regex(mailPattern, 'must be an e-mail address');
const mailAddresses = commaList.transform((items, ctx) => {
  for (const item of items) if (!mailPattern.test(item)) ctx.addIssue(`"${item}" is no e-mail address`);
  return items;
});
const personMails = z
  .string()
  .default('connected,disconnected,needs_reconnect')
  .transform((text) => (text.trim() === 'none' ? [] : text.split(',').map((item) => item.trim())))
  .pipe(
    z.array(
      z.enum(['connected', 'disconnected', 'needs_reconnect'], {
        error: 'must be a comma list of connected, disconnected and needs_reconnect, or none',
      }),
    ),
  );

const hours = (fallback: number) =>
  z.coerce
    .number()
    .positive()
    .max(24 * 90)
    .default(fallback);
const absoluteUrl = z.string().refine((text) => URL.canParse(text), 'must be an absolute URL');
const postgresUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, { error: 'must begin with postgres:// or postgresql://', abort: true })
  .refine(isWholeUrl, notWhole);
const credential = z.string().min(1).optional();

/** `OTEL_EXPORTER_OTLP_HEADERS`: `name=value`, comma list, values percent-encoded (W3C Baggage, as OpenTelemetry says). */
const otlpHeaders = commaList.transform((items, ctx) => {
  const pairs = items.map((item) => /^([A-Za-z0-9-]+)\s*=\s*(.+)$/.exec(item));
  if (pairs.includes(null)) ctx.addIssue('must be a comma list of name=value');
  try {
    return Object.fromEntries(pairs.map((pair) => [String(pair?.[1]), decodeURIComponent(String(pair?.[2]))]));
  } catch {
    ctx.addIssue('has a value that is not percent-encoded');
    return z.NEVER;
  }
});

/** Every variable the product reads, as text, before the rules that join several of them. */
export const environmentSchema = z.object({
  NODE_ENV: z.enum(['development', 'production', 'test']).default('production'),
  APP_URL: appUrl,
  // An address is written with brackets in URLs, and without where it is listened on.
  HOST: z
    .string()
    .transform((host) => host.replace(/^\[(.+)\]$/, '$1'))
    .refine((host) => isIP(host) !== 0 || /^[\w.-]+$/.test(host), 'must be an address or a name, without a port')
    .optional(),
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  DATABASE_URL: postgresUrl.optional(),
  MIGRATE_DATABASE_URL: postgresUrl.optional(),
  DATABASE_POOLER: z.enum(['none', 'transaction']).default('none'),
  DATA_DIR: z
    .string()
    .default('data')
    .transform((path) => resolve(path)),
  SESSION_PASSWORD: sessionPasswords,
  SESSION_IDLE_HOURS: hours(12),
  SESSION_ABSOLUTE_HOURS: hours(168),
  ADMIN_SESSION_IDLE_HOURS: hours(1),
  ADMIN_SESSION_ABSOLUTE_HOURS: hours(12),
  // Required unless VAULT_ROOT is there, which a rule between the two says.
  VAULT_KEYS: vaultKeys.optional().transform((keys) => keys ?? []),
  VAULT_ROOT: vaultRoots,
  VAULT_ROOT_TOKEN: credential,
  VAULT_ROOT_TOKEN_FILE: credential,
  AWS_REGION: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, 'must be a region such as eu-central-1')
    .optional(),
  AWS_ACCESS_KEY_ID: credential,
  AWS_SECRET_ACCESS_KEY: credential,
  AWS_SESSION_TOKEN: credential,
  AWS_ROLE_ARN: credential,
  AWS_WEB_IDENTITY_TOKEN_FILE: credential,
  AWS_ENDPOINT_URL_KMS: credential,
  AWS_ENDPOINT_URL_STS: credential,
  VAULT_HOLD_MINUTES: z.coerce.number().int().min(1).max(43_200).default(60),
  LEDGER_KEYS: ledgerKeys,
  LEDGER_RETENTION_MONTHS: z.coerce.number().int().min(0).max(1200).default(0),
  API_RATE_PER_MINUTE: z.coerce.number().int().positive().default(60_000),
  REFRESH_CONCURRENCY: z.coerce.number().int().min(1).max(1000).default(16),
  KEEP_ALIVE_DAYS: z.coerce.number().int().min(0).max(3650).default(90),
  INACTIVE_DAYS: z.coerce.number().int().min(7).max(3650).default(90),
  INACTIVE_NOTICE_DAYS: z.coerce.number().int().min(1).max(365).default(14),
  SIGN_IN_ALLOW: signInAllow,
  SMTP_URL: smtpUrl.optional(),
  MAIL_FROM: mailAddress.optional(),
  ORGANISATION_NAME: organisationName.optional(),
  ORGANISATION_CONTACT: organisationContact.optional(),
  ALERT_EMAILS: mailAddresses,
  PERSON_MAILS: personMails,
  WEBHOOK_INTERNAL_HOSTS: hostList,
  METRICS_TOKEN: z.string().min(32, 'must have at least 32 characters').optional(),
  ADMIN_EMAILS: mailAddresses.transform((items) => items.map((item) => item.toLowerCase())),
  TRUSTED_PROXIES: trustedProxies,
  DRAIN_GRACE_SECONDS: z.coerce.number().int().min(0).max(300).default(0),
  PROVIDERS_FILE: z.string().optional(),
  // A proxy works the Node way: Node itself reads these, and so does the guarded fetch, only while the switch is on.
  NODE_USE_ENV_PROXY: z.enum(['0', '1']).default('0'),
  HTTP_PROXY: z.string().optional(),
  HTTPS_PROXY: z.string().optional(),
  NO_PROXY: z.string().optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/, error: 'must be an http: or https: URL' }).optional(),
  OTEL_EXPORTER_OTLP_HEADERS: otlpHeaders,
  OTEL_SERVICE_NAME: z
    .string()
    .regex(/^[\w.-]{1,60}$/, 'must be 1 to 60 letters, digits, dots, hyphens and underscores')
    .default('grantkeep'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  GOOGLE_CLIENT_ID: credential,
  GOOGLE_CLIENT_SECRET: credential,
  GOOGLE_CLIENT_SECRET_PREVIOUS: credential,
  GITHUB_CLIENT_ID: credential,
  GITHUB_CLIENT_SECRET: credential,
  GITHUB_CLIENT_SECRET_PREVIOUS: credential,
  GITHUB_URL: absoluteUrl.optional(),
  SALESFORCE_CLIENT_ID: credential,
  SALESFORCE_CLIENT_SECRET: credential,
  SALESFORCE_CLIENT_SECRET_PREVIOUS: credential,
  SALESFORCE_LOGIN_URL: absoluteUrl.default('https://login.salesforce.com'),
  OKTA_CLIENT_ID: credential,
  OKTA_CLIENT_SECRET: credential,
  OKTA_CLIENT_SECRET_PREVIOUS: credential,
  OKTA_ISSUER: absoluteUrl.optional(),
  AUTH0_CLIENT_ID: credential,
  AUTH0_CLIENT_SECRET: credential,
  AUTH0_CLIENT_SECRET_PREVIOUS: credential,
  AUTH0_ISSUER: absoluteUrl.optional(),
});

export type Environment = z.infer<typeof environmentSchema>;
