import type { Import, SourceFacts } from '#tests/source-facts';

/**
 * The domains, one folder of `lib/` each with one verb per file, and the domains below that each may import. A row names
 * rows above it only, so no two folders import each other; `floors` draws the result.
 */
export const domains: Record<string, readonly string[]> = {
  guards: [],
  'sign-in': ['guards'],
  'api-keys': ['guards', 'sign-in'],
  applications: ['guards', 'sign-in'],
  webhooks: ['guards', 'sign-in'],
  connections: ['guards', 'sign-in'],
  'person-mails': ['connections', 'guards', 'sign-in'],
  'provider-calls': ['guards', 'sign-in'],
  'flow-trace': ['guards', 'sign-in'],
  conformance: ['guards'],
  'page-scripts': ['guards'],
  audit: ['connections', 'guards', 'sign-in'],
  'ledger-stream': ['audit', 'guards'],
  freezes: ['connections', 'guards', 'sign-in'],
  revocation: ['connections', 'provider-calls', 'guards', 'sign-in'],
  'connect-sessions': ['applications', 'api-keys', 'revocation', 'connections', 'guards', 'sign-in'],
  people: ['connect-sessions', 'revocation', 'guards', 'sign-in'],
  'bulk-revocation': ['revocation', 'connect-sessions', 'people', 'connections', 'guards', 'sign-in'],
  authorization: ['connect-sessions', 'revocation', 'provider-calls', 'connections', 'flow-trace', 'guards', 'sign-in'],
  refresh: ['revocation', 'provider-calls', 'connections'],
  tokens: ['refresh', 'provider-calls', 'connections', 'api-keys', 'guards'],
  transfer: ['refresh', 'people', 'applications', 'connections', 'guards', 'sign-in'],
  'vault-keys': ['audit', 'revocation', 'connections', 'webhooks', 'guards', 'sign-in'],
  'provider-check': ['authorization', 'revocation', 'provider-calls', 'api-keys', 'guards', 'sign-in'],
  checks: ['audit', 'provider-check', 'authorization', 'flow-trace', 'connections', 'api-keys', 'guards', 'sign-in'],
  reload: ['audit', 'checks', 'provider-calls'],
  reviews: [
    ...['authorization', 'bulk-revocation', 'checks', 'connections', 'provider-calls', 'guards', 'revocation'],
    'sign-in',
  ],
  evidence: ['reviews', 'audit', 'conformance', 'page-scripts', 'guards', 'sign-in'],
  status: ['reload', 'checks', 'refresh', 'authorization', 'provider-calls', 'vault-keys', 'guards'],
  alerts: ['checks', 'status', 'webhooks', 'vault-keys', 'person-mails', 'connections', 'guards', 'sign-in'],
  incidents: ['alerts', 'audit', 'bulk-revocation', 'guards', 'sign-in'],
  jobs: [
    ...['alerts', 'audit', 'authorization', 'bulk-revocation', 'checks', 'connections', 'flow-trace', 'guards'],
    ...[
      'connect-sessions',
      'people',
      'person-mails',
      'refresh',
      'reviews',
      'revocation',
      'sign-in',
      'status',
      'vault-keys',
      'webhooks',
    ],
  ],
  metrics: ['alerts', 'checks', 'jobs', 'status', 'vault-keys'],
  search: ['authorization', 'api-keys', 'applications', 'audit', 'connections', 'people', 'guards'],
  overview: ['alerts', 'api-keys', 'audit', 'connections', 'freezes', 'guards', 'jobs', 'status'],
};

/** The domains floor by floor, the lowest first: each stands one above the highest that it may import. */
export function floors(): string[][] {
  const drawn: string[][] = [];
  for (const [domain, below] of Object.entries(domains)) {
    const floor = 1 + Math.max(-1, ...below.map((one) => drawn.findIndex((row) => row.includes(one))));
    drawn[floor] = [...(drawn[floor] ?? []), domain];
  }
  return drawn;
}

/** What everything above configuration may use. */
const ground = [
  'config',
  'errors',
  'error-advice',
  'provider-errors',
  'provider-error-advice',
  'passing',
  'process-parts',
  'running-time',
  'log',
  'ids',
  'actor',
  'parse-input',
  'cursor',
  'search-text',
  'plain-text',
  'wall-time',
  'export',
  'telemetry',
];

/** What a domain stands on. */
const underDomains = ['context', 'oauth', 'providers', 'vault', 'ledger', 'db', 'outbound'];

/** For each part of `lib/`, and for `app`: the parts it may import besides itself. A part that is not here may import none. */
const mayImport: Record<string, readonly string[]> = {
  app: ['api', 'web', 'door', 'cookies', ...Object.keys(domains), 'context', 'providers', ...ground],
  api: [
    'web',
    'door',
    'tokens',
    'revocation',
    'connections',
    'webhooks',
    'api-keys',
    'context',
    'runtime',
    'applications',
    'connect-sessions',
    'authorization',
    ...ground,
  ],
  // The context of a request holds the process's runtime.
  web: [
    ...[
      'door',
      'cookies',
      'authorization',
      'connect-sessions',
      'revocation',
      'bulk-revocation',
      'audit',
      'api-keys',
      'applications',
      'evidence',
      'transfer',
      'sign-in',
      'guards',
      'context',
    ],
    ...['runtime', ...ground],
  ],
  door: ['context', ...ground],
  cookies: [...ground],
  // The scopes an API key may have are a column's values.
  actor: ['db'],
  context: ['db', 'vault', 'ledger', 'providers', 'outbound', ...ground],
  providers: ['oauth', 'outbound', ...ground],
  oauth: ['outbound', ...ground],
  ledger: ['db', ...ground],
  db: [...ground],
  // Root keys in other services are asked through the guard.
  vault: ['outbound', ...ground],
  outbound: ['config', 'errors', 'passing', 'running-time'],
  'log-fields': [],
  log: ['config', 'log-fields', 'process-parts'],
  'start-faults': ['log'],
  printed: ['config', 'log', 'process-parts'],
  'end-signals': ['config', 'log', 'process-parts'],
  errors: ['passing'],
  'error-advice': ['errors'],
  'provider-errors': [],
  'provider-error-advice': [],
  passing: [],
  'process-parts': [],
  'running-time': [],
  ids: [],
  'parse-input': ['errors'],
  cursor: ['errors'],
  'search-text': [],
  'plain-text': [],
  'wall-time': [],
  // Turns rows into files for people to keep.
  export: [],
  config: ['process-parts'],
  // Spans are made everywhere; what sends them is started once.
  telemetry: ['config', 'log', 'process-parts'],
  ...Object.fromEntries(
    Object.entries(domains).map(([domain, below]) => [domain, [...below, ...underDomains, ...ground]]),
  ),
};

/** Parts that put the process together: they may import every part of `lib/`. */
const composers = new Set(['server', 'serve', 'cli', 'boot', 'runtime']);

interface Rule {
  name: string;
  /** Whether the rule looks at this file at all. */
  applies(part: string, file: string): boolean;
  /** The fault of this import, as the end of "… may not", or undefined. */
  import?(from: string, to: Import): string | undefined;
  /** Names that may not be used. */
  names?: readonly string[];
}

const rules: readonly Rule[] = [
  {
    name: 'imports run downwards',
    applies: (part) => part in mayImport,
    import: (from, { target, typeOnly }) => {
      const to = partOf(target);
      if (to === undefined || to === from || !isProduct(to)) return undefined;
      if (to === 'app') return 'import app';
      const typesWillDo = to === 'oauth' && from === 'providers';
      if (typesWillDo && !typeOnly) return 'import more than types of lib/oauth';
      return mayImport[from]?.includes(to) ? undefined : `import ${target}`;
    },
  },
  {
    name: 'no product file imports tests or demo',
    applies: isProduct,
    import: (_, { target }) => {
      const to = partOf(target);
      return to !== undefined && !isProduct(to) ? `import ${target}` : undefined;
    },
  },
  {
    name: 'the client stands alone',
    applies: (part, file) => part === 'sdk' && !isTest(file) && !isForPlaywright(file),
    import: (from, { target }) =>
      target.startsWith('node:') || partOf(target) === from ? undefined : `import ${target}`,
  },
  {
    name: 'the fixtures of the client need Playwright alone, which their users have',
    applies: (_, file) => isForPlaywright(file),
    import: (from, { target }) =>
      target.startsWith('node:') || target === '@playwright/test' || partOf(target) === from
        ? undefined
        : `import ${target}`,
  },
  {
    name: 'app knows no tables and no ciphertext',
    applies: (part) => part === 'app',
    import: (_, { target }) =>
      isPackage(target, 'drizzle-orm') || isPackage(target, 'postgres') ? `import ${target}` : undefined,
  },
  {
    name: 'only app, lib/web and lib/cookies know Next',
    applies: (part, file) => isProduct(part) && !['app', 'web', 'cookies'].includes(part) && file !== 'lib/serve.ts',
    import: (_, { target }) => (isPackage(target, 'next') ? `import ${target}` : undefined),
  },
  {
    name: 'only lib/cookies knows cookies and their seal',
    applies: (part) => isProduct(part) && part !== 'cookies',
    import: (_, { target }) =>
      isPackage(target, 'iron-session') || target === 'next/headers' ? `import ${target}` : undefined,
  },
  {
    name: 'only lib/config reads the environment',
    // Next replaces NEXT_RUNTIME in instrumentation.ts while it builds.
    applies: (part, file) => isProduct(part) && part !== 'config' && file !== 'instrumentation.ts',
    import: (_, { target }) => (target === 'node:process' ? 'import node:process' : undefined),
    names: ['process.env'],
  },
  {
    name: 'what must not be guessed comes from lib/ids or node:crypto random bytes',
    applies: isProduct,
    names: ['Math.random', 'randomUUID', 'crypto.randomUUID'],
  },
  {
    name: 'routes never import routes',
    applies: (part) => part === 'app',
    import: (_, { target }) =>
      /^app\/.*\/(route|page|layout)(\.tsx?)?$/.test(target) ? `import ${target}` : undefined,
  },
];

/** Every breach of the rules in one file, as sentences. */
export function breaches(facts: SourceFacts): string[] {
  const part = partOf(facts.file);
  if (part === undefined || isTest(facts.file)) return [];
  return rules
    .filter((rule) => rule.applies(part, facts.file))
    .flatMap((rule) => [
      ...facts.imports.flatMap((one) => {
        const fault = rule.import?.(part, one);
        return fault ? [`${facts.file} may not ${fault} (${rule.name})`] : [];
      }),
      ...(rule.names ?? [])
        .filter((name) => facts.names.has(name))
        .map((name) => `${facts.file} may not use ${name} (${rule.name})`),
    ]);
}

/**
 * The part a path belongs to: the folder or file below `lib/`, `app`, `server` for what starts the process, else the
 * top folder. Undefined for packages and for configuration files at the top.
 */
function partOf(path: string): string | undefined {
  const [top, second] = path.split('/');
  if (top === 'lib') return second?.replace(/(?:(?:\.db)?\.test)?\.ts$/, '');
  if (path === 'proxy.ts') return 'app';
  if (path === 'server.ts' || path === 'instrumentation.ts') return 'server';
  return top && outsideProduct.has(top) ? top : top === 'app' ? 'app' : undefined;
}

const outsideProduct = new Set(['demo', 'tests', 'e2e', 'bench', 'scripts', 'sdk', 'examples']);

function isProduct(part: string): boolean {
  return !outsideProduct.has(part);
}

function isTest(file: string): boolean {
  return /\.(test|spec)\.tsx?$/.test(file);
}

function isForPlaywright(file: string): boolean {
  return file.startsWith('sdk/src/playwright/');
}

function isPackage(target: string, name: string): boolean {
  return target === name || target.startsWith(`${name}/`);
}

/** The domains that a file of another domain imports, as `from → to`; none for a test. */
export function importedDomains({ file, imports }: SourceFacts): string[] {
  const from = partOf(file);
  if (from === undefined || !(from in domains) || isTest(file)) return [];
  return imports
    .map(({ target }) => partOf(target))
    .filter((to) => to !== undefined && to in domains)
    .map((to) => `${from} → ${to}`);
}

/** True for a part that has its line in the rules. */
export function isKnownPart(file: string): boolean {
  const part = partOf(file);
  return part === undefined || part in mayImport || composers.has(part) || outsideProduct.has(part);
}
