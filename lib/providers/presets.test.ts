import { describe, expect, test } from 'vitest';
import { presetNames, providerRecordSchema } from '#lib/config/provider-record';
import { placeholderNames } from '#lib/config/provider-url';
import { buildCatalog } from '#lib/providers/catalog';
import { presets } from '#lib/providers/presets';

const schema = providerRecordSchema({ appUrl: new URL('https://hub.example'), env: { THE_SECRET: 'a-secret' } });
const credentials = { client_id: 'client-1', client_secret_env: 'THE_SECRET' };
/** The presets that are servers everywhere, and need to be told which one. */
const issuers: Partial<Record<string, string>> = {
  oidc: 'https://login.corp.example',
  okta: 'https://acme.okta.com',
  auth0: 'https://acme.eu.auth0.com/',
};

function smallest(preset: string) {
  const issuer = issuers[preset];
  const own = preset === 'oidc' ? { id: 'corp', name: 'Corporate login' } : {};
  return { preset, ...own, ...(issuer ? { issuer } : {}), ...credentials };
}

function recordOf(preset: string) {
  const [record] = buildCatalog({ builtin: {}, file: [schema.parse(smallest(preset))] }).list();
  if (!record) throw new Error(`no record of ${preset}`);
  return record;
}

describe.each(presetNames)('the preset %s', (name) => {
  const { about, record: make } = presets[name];

  test('works in the smallest entry, under its own name', () => {
    const record = recordOf(name);
    if (name !== 'oidc') expect(record).toMatchObject({ id: name, name: make().name });
    expect(record).toMatchObject({ preset: name, client_id: 'client-1' });
  });

  test('is an entry that the file itself would accept', () => {
    const { issuer = issuers[name], ...fields } = make();
    expect(
      schema.safeParse({ name: 'Any', ...fields, issuer, id: 'any', ...credentials }).error?.issues,
    ).toBeUndefined();
  });

  test('has endpoints, or metadata that has them', () => {
    const record = recordOf(name);
    const endpoints = [record.authorization_endpoint, record.token_endpoint];
    if (record.discovery === 'none') expect(endpoints.every(Boolean)).toBe(true);
    else expect(record.issuer).toMatch(/^https:/);
  });

  test('says who an account is', () => {
    const { identity, ...record } = recordOf(name);
    const place = {
      id_token: record.jwks_uri ?? record.issuer,
      userinfo: record.userinfo_endpoint ?? (record.discovery === 'none' ? null : record.issuer),
      endpoint: identity.endpoint ?? identity.endpoint_field,
      token_answer: record.token_endpoint,
      introspection: record.introspection_endpoint,
      none: null,
    }[identity.source];
    expect(place).toBeTruthy();
    expect(identity.label.length).toBeGreaterThan(0);
    if (identity.source === 'id_token') expect(record.scopes).toContain('openid');
  });

  test('describes each scope that it asks for, in plain words', () => {
    const { scopes, scope_descriptions } = recordOf(name);
    expect(scopes.filter((scope) => !scope_descriptions[scope])).toEqual([]);
    for (const words of Object.values(scope_descriptions)) expect(words).toMatch(/^[A-Z][^.]+$/);
  });

  test('asks for what stands between braces in its addresses', () => {
    const { identity, lookups, revoke, tenant_issuer: _, ...record } = recordOf(name);
    const asked = new Set([...record.account_params.map((param) => param.name), 'client_id']);
    const used = placeholderNames(
      JSON.stringify([record, identity.endpoint, lookups.map((one) => one.endpoint), revoke]),
    );
    expect(used.filter((part) => !asked.has(part))).toEqual([]);
  });

  test('names its sources, its console, and what to do there', () => {
    expect(about.sources.length).toBeGreaterThan(0);
    for (const { url, says } of about.sources) {
      expect(url).toMatch(/^https:\/\//);
      expect(says).not.toBe('');
    }
    expect(about.console).toMatch(/^https:\/\//);
    expect(about.setup.length).toBeGreaterThan(0);
    for (const sentence of about.setup) expect(sentence).toMatch(/^[A-Z*].*\.$/);
  });

  test('goes without PKCE only where a source says that the server refuses it', () => {
    const without = make().dangerously_without_pkce ?? false;
    expect(without).toBe(about.pkce === 'refused');
    if (about.pkce !== 'undocumented') expect(JSON.stringify(about.sources)).toMatch(/PKCE|code_verifier/);
  });

  test('relaxes a check only where a source says that the server fails it', () => {
    const relaxed = Object.entries(make()).filter(([field, on]) => field.startsWith('dangerously_') && on === true);
    const sources = JSON.stringify(about.sources);
    const words = { dangerously_without_pkce: /PKCE/, dangerously_without_nonce: /no nonce/ };
    for (const [field] of relaxed)
      expect(sources).toMatch(Object.entries(words).find(([name]) => name === field)?.[1] ?? /^$/);
  });

  test('says how a grant ends: by a call, or where a person ends it', () => {
    const { revoke, ...record } = recordOf(name);
    if (revoke.style === 'none') expect(revoke.manual_url).toMatch(/^https:\/\//);
    else expect(record.revocation_endpoint ?? (record.discovery === 'none' ? null : record.issuer)).toBeTruthy();
  });
});

describe('an entry with a preset', () => {
  test('may have another id and another name', () => {
    const entry = schema.parse({ ...smallest('notion'), id: 'notes', name: 'Our notes' });
    expect(buildCatalog({ builtin: {}, file: [entry] }).get('notes')?.name).toBe('Our notes');
  });

  test('needs id and name where no preset gives them', () => {
    const faults = schema.safeParse({ ...credentials, issuer: 'https://as.example' }).error?.issues;
    expect(faults?.map(({ path }) => path.join('.'))).toEqual(['id', 'name']);
    const oidc = schema.safeParse({ ...credentials, preset: 'oidc', issuer: 'https://as.example' }).error?.issues;
    expect(oidc?.map(({ path }) => path.join('.'))).toEqual(['id', 'name']);
  });

  test('is refused where it contradicts the preset', () => {
    const build = (entry: object) => () => buildCatalog({ builtin: {}, file: [schema.parse(entry)] });
    const shop = smallest('shopify');
    expect(build({ ...shop, sign_in: true })).toThrow('"shopify", sign_in: cannot go with account_params');
    expect(build({ ...shop, token_params: { site: '{site}' } })).toThrow('token_params: {site} is not among');
    expect(build({ ...shop, authorization_params: { store: '{shop}' } })).not.toThrow();
  });

  test('may be there for a bot and for people of one workspace', () => {
    const file = [schema.parse(smallest('slack')), schema.parse(smallest('slack-user'))];
    expect(buildCatalog({ builtin: {}, file }).list()).toHaveLength(2);
  });
});

test('P-25 scopes that no address can hold are refused at the start', () => {
  const entry = (count: number, field: string) => {
    const scopes = Array.from({ length: count }, (_, n) => `https://api.example/auth/${String(n).padStart(34, 'x')}`);
    const fields = { preset: 'oidc', id: 'corp', name: 'Corp', issuer: 'https://login.corp.example', [field]: scopes };
    return () => buildCatalog({ builtin: {}, file: [schema.parse({ ...fields, ...credentials })] });
  };
  for (const field of ['scopes', 'sign_in_scopes']) {
    expect(entry(280, field)).not.toThrow();
    expect(entry(320, field)).toThrow(new RegExp(`"corp", ${field}: take 2\\d{4} characters`));
  }
});
