import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { matchesPart } from '#lib/config/account-part';
import { ConfigError } from '#lib/config/config';
import { providersFileSchema } from '#lib/config/provider-record';
import { buildCatalog } from '#lib/providers/catalog';
import { typedHost } from '#lib/providers/typed-hosts';

const any = '^[A-Za-z0-9._\\-]+$';
const label = '^[a-z0-9][a-z0-9\\-]{0,59}$';
const least = {
  ...{ id: 'acme', name: 'Acme', issuer: 'https://as.example', client_id: 'c', client_secret: 's', scopes: [] },
  ...{ authorization_endpoint: 'https://as.example/authorize', token_endpoint: 'https://as.example/token' },
  identity: { source: 'token_answer', subject: 'id' },
};

function faultsOf(fields: Record<string, unknown>): readonly string[] {
  const file = providersFileSchema({ appUrl: new URL('https://hub.example') }).parse([{ ...least, ...fields }]);
  try {
    buildCatalog({ builtin: {}, file });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}

const part = (name: string, pattern = any, example = 'acme') => ({ name, label: name, pattern, example });

/** A record with that token endpoint, and with parts of these patterns. */
function rulesOf(patterns: Record<string, string>, others = {}) {
  const account_params = Object.entries(patterns).map(([name, pattern]) => ({ name, pattern }));
  return { client_id: 'c', account_params, redirect_parts: [], operated_suffixes: [], ...others };
}

describe('a server that a person may choose', () => {
  test.each<[template: string, patterns: Record<string, string>]>([
    ['https://{host}/token', { host: any }],
    ['https://{host}:8443/token', { host: any }],
    ['https://{host}./token', { host: any }],
    ['https:{host}/token', { host: any }],
    ['https:\\\\{host}\\token', { host: any }],
    [' https://{host}/token', { host: any }],
    ['HTTPS://{host}/token', { host: any }],
    ['https://{a}.{b}/token', { a: label, b: any }],
    ['https://{a}.{b}/token', { a: label, b: label }],
    ['https://{a}{b}/token', { a: label, b: label }],
    ['https://{a}-{b}.com/token', { a: label, b: label }],
    ['https://as.{tld}/token', { tld: label }],
    ['https://api.acme.{tld}/token', { tld: '^[a-z.]+$' }],
    ['https://{site}example.com/token', { site: any }],
    ['https://as-{site}example.com/token', { site: any }],
    ['https://{site}-example.com/token', { site: label }],
    ['https://as.example.com.{x}/token', { x: label }],
    ['https://as.example{x}/token', { x: any }],
    ['https://{x}.com/token', { x: label }],
    ['https://{x}.COM/token', { x: label }],
    ['https://{x}.com./token', { x: label }],
    ['https://{x}%2Ecom/token', { x: label }],
    ['https://{x}。com/token', { x: label }],
    ['https://{x}.co.uk/token', { x: label }],
    ['https://{x}.kawasaki.jp/token', { x: label }],
    ['https://{x}.any.kawasaki.jp/token', { x: label }],
    ['https://api.{x}.com.br/token', { x: label }],
    ['https://{x}.github.io/token', { x: label }],
    ['https://{x}.s3.amazonaws.com/token', { x: label }],
    ['https://{x}.internal/token', { x: label }],
    // Patterns that look closer than they are.
    ['https://{host}/token', { host: '^us|.*\\.acme\\.example$' }],
    ['https://{host}/token', { host: '^[a-z]+\\.acme\\.example|[a-z.]+$' }],
    ['https://{host}/token', { host: '^.*acme\\.example$' }],
    ['https://{host}/token', { host: '^[a-z.]+(\\.acme\\.example)?$' }],
    ['https://{host}/token', { host: '^[a-z]+\\.com$' }],
    ['https://{host}/token', { host: '^(?:us|eu|[a-z.]+)$' }],
    ['https://{a}.{b}/token', { a: label, b: '^(?:com|acme\\.com)$' }],
  ])('%s with %j is found', (template, patterns) => {
    expect(typedHost(template, rulesOf(patterns))).not.toBeNull();
  });

  test.each<[template: string, patterns: Record<string, string>]>([
    ['https://as.example/token', {}],
    ['https://as.example/{tenant}/token', { tenant: any }],
    ['https://as.example/?to={host}', { host: any }],
    ['https://as.example/#/{host}', { host: any }],
    ['https://as.example\\{x}', { x: any }],
    ['https://{client_id}.as.example/token', {}],
    ['https://{shop}.shops.example/token', { shop: any }],
    ['https://{shop}.example.com/token', { shop: any }],
    ['https://api.{shop}.example.co.uk:8443/token', { shop: any }],
    ['https://{a}.{b}.example.com/token', { a: any, b: any }],
    ['https://{shop}.as.acme.github.io/token', { shop: any }],
    ['http://{shop}.localhost:4000/token', { shop: any }],
    ['https://{region}/token', { region: '^(?:as\\.example|eu\\.as\\.example)$' }],
    ['https://as.example.{tld}/token', { tld: '^(?:com|co\\.uk)$' }],
    ['https://{host}/token', { host: '^[a-z]+\\.acme\\.example$' }],
    ['https://{host}/token', { host: '^(?:us|eu)[0-9]\\.acme\\.example$' }],
    ['https://{a}.{b}/token', { a: label, b: '^(?:acme\\.com|acme\\.eu)$' }],
  ])('%s with %j is the operator’s', (template, patterns) => {
    expect(typedHost(template, rulesOf(patterns))).toBeNull();
  });

  test('is not one that the redirect names, since the operator lists those, unless a person types the rest', () => {
    const redirect_parts = [{ name: 'domain', values: { eu: 'acme.eu', us: 'acme.us' } }];
    const rules = rulesOf({ site: label }, { redirect_parts });
    expect(typedHost('https://accounts.{domain}/token', rules)).toBeNull();
    expect(typedHost('https://{site}.{domain}/token', rules)).toBeNull();
    const loose = [{ name: 'domain', values: { eu: 'acme.eu', us: 'us' } }];
    expect(typedHost('https://{site}.{domain}/token', { ...rules, redirect_parts: loose })).not.toBeNull();
  });

  test('is every part that is a whole server, whose value may end in a path, unless all hosts are listed', () => {
    const base = (pattern: string) => rulesOf({}, { account_params: [{ name: 'base', pattern, base: true }] });
    expect(typedHost('https://{base}/token', base('^[a-z0-9.\\-]+(?::[0-9]+)?(?:\\/[a-z.]+)*$'))).not.toBeNull();
    expect(typedHost('https://{base}/token', base('^[a-z.]+\\/[a-z]+\\.acme\\.example$'))).not.toBeNull();
    expect(typedHost('https://{base}/token', base('^.+\\.acme\\.example$'))).not.toBeNull();
    expect(typedHost('https://{base}/token', base('^(?:a\\.acme\\.example|b\\.example)$'))).toBeNull();
  });

  test('is found, too, where more values are listed than are looked through', () => {
    const values = Object.fromEntries(Array.from({ length: 1_001 }, (_, at) => [`w${at}`, `acme${at}.example`]));
    const redirect_parts = [{ name: 'domain', values }];
    expect(typedHost('https://{domain}/token', rulesOf({}, { redirect_parts }))).not.toBeNull();
  });

  test('a pattern takes its whole value, as it does in the browser', () => {
    expect(matchesPart('^us|eu$', 'us')).toBe(true);
    expect(matchesPart('^us|eu$', 'us.evil.example')).toBe(false);
    expect(matchesPart('^us|eu$', 'evil.eu')).toBe(false);
    expect(matchesPart('^(a|b)+|eu$', 'a.evil.example')).toBe(false);
  });
});

const typed = 'https://{host}/x';
/** Every field of a record that says where something is called. */
const addresses: [field: string, fields: Record<string, unknown>][] = [
  ['issuer', { issuer: typed }],
  ['authorization_endpoint', { authorization_endpoint: typed }],
  ['token_endpoint', { token_endpoint: typed }],
  ['refresh_endpoint', { refresh_endpoint: typed }],
  ['revocation_endpoint', { revocation_endpoint: typed }],
  ['introspection_endpoint', { introspection_endpoint: typed }],
  ['pushed_authorization_request_endpoint', { pushed_authorization_request_endpoint: typed }],
  ['userinfo_endpoint', { userinfo_endpoint: typed }],
  ['jwks_uri', { jwks_uri: typed }],
  ['identity.endpoint', { identity: { source: 'endpoint', endpoint: typed, subject: 'id' } }],
  ['identity.emails_endpoint', { identity: { ...least.identity, emails_endpoint: typed } }],
  ['lookups.0.endpoint', { lookups: [{ endpoint: typed, fields: { site: 'id' } }] }],
  ['token_upgrade.endpoint', { token_upgrade: { endpoint: typed } }],
  ['token_renewal.endpoint', { token_renewal: { endpoint: typed }, idle_keepalive_days: 9 }],
];

describe('a client secret that any person could have sent to a server of theirs', () => {
  test.each(addresses)('is refused at the start, with entry and field: %s', (field, fields) => {
    const faults = faultsOf({ ...fields, account_params: [part('host')] });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(`"acme", ${field}: the host is what a person types`);
    expect(faultsOf({ ...fields, account_params: [part('host')], dangerously_with_typed_hosts: true })).toEqual([]);
    const closed = part('host', '^[a-z]+\\.acme\\.example$', 'eu.acme.example');
    expect(faultsOf({ ...fields, account_params: [closed] })).toEqual([]);
  });

  test('no field that holds an address is left out of these', () => {
    const folder = new URL('../config/', import.meta.url);
    const text = ['provider-record.ts', 'provider-request.ts', 'provider-parts.ts', 'provider-scopes.ts']
      .map((name) => readFileSync(new URL(name, folder), 'utf8'))
      .join('\n');
    const names = new Set(
      text.match(/\b\w+(?=: (?:endpoint|endpointSchema|authorizationEndpointSchema)\b)|(?<=\n\s*)endpoint(?=,\n)/g),
    );
    const tried = new Set(addresses.map(([field]) => field.split('.').at(-1)));
    expect([...names].toSorted()).toEqual([...tried].toSorted());
  });

  test('also where preset and entry say it only together', () => {
    const fields = { preset: 'zendesk', issuer: undefined, authorization_endpoint: undefined, identity: undefined };
    expect(faultsOf({ ...fields, token_endpoint: 'https://{subdomain}.com/oauth/tokens' })).toEqual([
      expect.stringContaining('token_endpoint: the host below ".com"'),
    ]);
  });

  test.each(['https://as.example:{port}/t', 'https://{user}@as.example/t', 'https://as.example:8{port}/t'])(
    '%s is no address at all',
    (token_endpoint) => {
      const name = /\{(\w+)\}/.exec(token_endpoint)?.[1] ?? '';
      expect(() => faultsOf({ token_endpoint, account_params: [part(name, '^[0-9]+$', '443')] })).toThrow();
    },
  );

  test.each(['Host', 'host', 'Forwarded', 'X-Forwarded-Host', 'Connection', 'Content-Length'])(
    'nor does a person name it in the header %s of a call that shows a token',
    (name) => {
      const headers = { [name]: '{host}' };
      const lookups = [{ endpoint: 'https://as.example/me', fields: { site: 'id' }, headers }];
      expect(() => faultsOf({ lookups, account_params: [part('host')] })).toThrow('a header that the hub itself sets');
      const identity = { source: 'endpoint', endpoint: 'https://as.example/me', subject: 'id', headers };
      expect(() => faultsOf({ identity, account_params: [part('host')] })).toThrow('a header that the hub itself sets');
      const token_header = { name };
      expect(() => faultsOf({ identity: { ...identity, headers: {}, token_header } })).toThrow('set by the hub itself');
    },
  );

  test.each(['a/b', 'a@b', 'a#b', 'a?b', 'a:b', 'a\\b', 'a%2eb', 'a..b', '.', 'a\nb'])(
    'a part cannot be %j, whatever its pattern says',
    async (value) => {
      const { fillTemplate } = await import('#lib/config/provider-url');
      expect(fillTemplate('https://{x}.acme.example/{x}', { x: value })).toBeNull();
    },
  );
});

describe('a suffix whose hosts are all the provider’s own', () => {
  const shops = { token_endpoint: 'https://{host}.myshopify.com/token', account_params: [part('host', label)] };
  test('may be said where the public list has it as a company’s', () => {
    expect(faultsOf(shops)).toEqual([expect.stringContaining('operated_suffixes')]);
    expect(faultsOf({ ...shops, operated_suffixes: ['myshopify.com'] })).toEqual([]);
    expect(faultsOf({ ...shops, operated_suffixes: ['github.io'] })).toHaveLength(1);
  });
  test.each(['com', 'co.uk', 'acme.com', 'shop.myshopify.com', 'kawasaki.jp', 'example'])('may not be %s', (suffix) => {
    const parsed = () => faultsOf({ operated_suffixes: [suffix] });
    if (suffix.includes('.')) expect(parsed()).toEqual([expect.stringContaining('operated_suffixes')]);
    else expect(parsed).toThrow('must be a domain');
  });
});
