import { describe, expect, test } from 'vitest';
import { providerRecordSchema } from '#lib/config/provider-record';
import type { WantedAccount } from '#lib/oauth/account-choice';
import { buildAuthorizationUrl, createFlowSecrets } from '#lib/oauth/authorization-request';
import { buildCatalog } from '#lib/providers/catalog';
import { resolveRecord } from '#lib/providers/resolve-record';

const schema = providerRecordSchema({ appUrl: new URL('https://hub.example') });
const base = { id: 'p', name: 'P', issuer: 'https://as.example', client_id: 'client-1', client_secret: 'hidden' };
const endpoints = {
  authorization_endpoint: 'https://as.example/authorize',
  token_endpoint: 'https://as.example/token',
};
const secrets = createFlowSecrets();

function asked(
  entry: object,
  account: WantedAccount | undefined,
  authorization_endpoint = endpoints.authorization_endpoint,
) {
  const record = resolveRecord(schema.parse({ ...base, ...entry }));
  const { state, nonce, challenge } = secrets;
  const url = buildAuthorizationUrl(
    record,
    {
      ...endpoints,
      authorization_endpoint,
      issuer: base.issuer,
      authorization_response_iss_parameter_supported: false,
    },
    {
      ...{ redirectUri: 'https://hub.example/oauth/callback/p', state, nonce, codeChallenge: challenge },
      ...{ scopes: record.scopes, account },
    },
  );
  const inside = url.hash.includes('?') ? new URLSearchParams(url.hash.slice(url.hash.indexOf('?') + 1)) : null;
  return inside ?? url.searchParams;
}

const another: WantedAccount = { another: true };
const ada = (label: string | null, subject = 's-1'): WantedAccount => ({ label, subject });
const openid = { scopes: ['openid', 'email'] };

describe('P-26 another account', () => {
  test.each<[string, object, string | null]>([
    ['nothing where the record says nothing', openid, null],
    ['the parameter of the record', { another_account_params: { prompt: 'select_account' } }, 'select_account'],
    [
      'the words of both, each once',
      {
        authorization_params: { prompt: 'consent login' },
        another_account_params: { prompt: 'select_account login' },
      },
      'consent login select_account',
    ],
    [
      'without none, which stands alone',
      { authorization_params: { prompt: 'none' }, another_account_params: { prompt: 'select_account' } },
      'select_account',
    ],
    [
      'one list where the record sends several',
      { authorization_params: { prompt: ['consent', 'login'] }, another_account_params: { prompt: 'login' } },
      'consent login',
    ],
    ['the record’s own where the choice is another one', { authorization_params: { prompt: 'consent' } }, 'consent'],
  ])('sends %s', (_, entry, prompt) => {
    expect(asked(entry, another).getAll('prompt')).toEqual(prompt === null ? [] : [prompt]);
  });

  test('replaces a parameter that is no list, and is sent where the server reads its parameters', () => {
    const entry = { authorization_params: { force: 'false' }, another_account_params: { force: 'true' } };
    expect(asked(entry, another).getAll('force')).toEqual(['true']);
    const page = 'https://as.example/app#/oauth';
    expect(asked({ ...entry, authorization_params_in: 'fragment' }, another, page).getAll('force')).toEqual(['true']);
    const written = asked({ another_account_params: { prompt: 'login' } }, another, `${base.issuer}/a?prompt=consent`);
    expect(written.getAll('prompt')).toEqual(['consent login']);
  });

  test('is not for a first account, nor for a reconnect', () => {
    const entry = { ...openid, another_account_params: { prompt: 'select_account' } };
    for (const account of [undefined, ada('ada@acme.example')]) expect(asked(entry, account).has('prompt')).toBe(false);
  });
});

describe('P-26 the hint of a reconnect', () => {
  test.each<[string, object, WantedAccount, Record<string, string>]>([
    ['the address at an OpenID provider', openid, ada('ada@acme.example'), { login_hint: 'ada@acme.example' }],
    ['no name that is no address', openid, ada('Ada Lovelace'), {}],
    ['nothing without a label', openid, ada(null), {}],
    ['nothing to a server that is none', { scopes: ['read'] }, ada('ada@acme.example'), {}],
    ['nothing where the record says so', { ...openid, login_hint: null }, ada('ada@acme.example'), {}],
    ['the label under another name', { login_hint: { param: 'login', value: 'label' } }, ada('ada'), { login: 'ada' }],
    ['the subject', { login_hint: { value: 'subject' } }, ada('Ada', '42'), { login_hint: '42' }],
    ['braces as they are', { login_hint: { value: 'label' } }, ada('{client_id}'), { login_hint: '{client_id}' }],
    ['no line breaks', { login_hint: { value: 'label' } }, ada('a\nb'), {}],
    ['nothing long', { login_hint: { value: 'label' } }, ada('x'.repeat(321)), {}],
    ['two addresses never', openid, ada('a@b.example@c.example'), {}],
  ])('is %s', (_, entry, account, hint) => {
    const parameters = asked(entry, account);
    const { login_hint, login } = Object.fromEntries(parameters);
    expect({ ...(login_hint && { login_hint }), ...(login && { login }) }).toEqual(hint);
    expect(parameters.getAll('state')).toEqual([secrets.state]);
  });

  test('replaces one that the record writes for everybody', () => {
    const entry = { ...openid, authorization_params: { login_hint: 'x@acme.example' } };
    expect(asked(entry, ada('ada@acme.example')).getAll('login_hint')).toEqual(['ada@acme.example']);
  });
});

describe('P-26 a record that cannot work', () => {
  const reserved = ['client_id', 'redirect_uri', 'scope', 'state', 'nonce', 'response_type', 'response_mode'];
  test.each<[object, string]>([
    ...reserved.map((name): [object, string] => [
      { another_account_params: { [name]: 'x' } },
      'another_account_params',
    ]),
    [{ login_hint: { param: 'state', value: 'email' } }, 'login_hint.param'],
    [{ login_hint: { param: 'code_challenge', value: 'email' } }, 'login_hint.param'],
    [{ login_hint: { value: 'password' } }, 'login_hint.value'],
    [{ another_account_params: { prompt: 'none' } }, 'another_account_params'],
    [{ another_account_params: { prompt: ['login'] } }, 'another_account_params.prompt'],
    [{ authorization_params: { prompt: 'none consent' } }, 'authorization_params'],
    [
      { authorization_param_names: { client_id: 'app' }, another_account_params: { app: 'x' } },
      'another_account_params',
    ],
    [{ authorization_param_names: { scope: 'login_hint' }, login_hint: { value: 'email' } }, 'login_hint'],
  ])('%j is refused at the start', (fields, field) => {
    const issues = schema.safeParse({ ...base, ...fields }).error?.issues ?? [];
    expect(issues.map(({ path }) => path.join('.')).some((path) => path.startsWith(field))).toBe(true);
  });

  test('a subject that the hub makes itself is no hint', () => {
    const identity = { source: 'token_answer', key: ['a', 'b'] };
    const fields = { ...endpoints, discovery: 'none', identity, login_hint: { value: 'subject' } };
    const file = [schema.parse({ ...base, ...fields })];
    expect(() => buildCatalog({ builtin: {}, file })).toThrow(/login_hint/);
  });
});

test('presets say what their documentation says', () => {
  const told = (preset: string, issuer?: string) => {
    const { another_account_params, login_hint } = resolveRecord(
      schema.parse({ preset, client_id: 'c', client_secret: 's', ...(issuer ? { issuer } : {}) }),
    );
    return [another_account_params, login_hint?.param, login_hint?.value];
  };
  const choose = { prompt: 'select_account' };
  expect(told('google')).toEqual([choose, 'login_hint', 'email']);
  expect(told('entra')).toEqual([choose, 'login_hint', 'email']);
  expect(told('github')).toEqual([choose, 'login', 'label']);
  expect(told('salesforce')).toEqual([{ prompt: 'login' }, 'login_hint', 'email']);
  expect(told('okta', 'https://acme.okta.com')).toEqual([{ prompt: 'login' }, 'login_hint', 'email']);
  expect(told('dropbox')).toEqual([{ force_reauthentication: 'true' }, undefined, undefined]);
  expect(told('slack')).toEqual([{}, undefined, undefined]);
});
