import { describe, expect, test } from 'vitest';
import { missingScopes, noScopeRules, type ScopeProofs } from '#lib/oauth/scopes';
import { resolveRecord } from '#lib/providers/resolve-record';

const nothing: ScopeProofs = { refreshToken: false, idToken: false };
const client = { id: 'x', name: 'X', client_id: 'c', client_secret: 's', issuer: 'https://as.example' };
const google = resolveRecord({ ...client, preset: 'google', issuer: undefined });
const github = resolveRecord({ ...client, preset: 'github', issuer: undefined });
const salesforce = resolveRecord({ ...client, preset: 'salesforce', issuer: undefined });
const url = 'https://www.googleapis.com/auth/';

describe('P-04 P-05 what was granted is compared with what was asked in one place', () => {
  test.each([
    ['Google’s long names', google, 'openid email profile', `openid ${url}userinfo.email ${url}userinfo.profile`, ''],
    ['Google’s long names, one unticked', google, 'openid email profile', `openid ${url}userinfo.profile`, 'email'],
    ['GitHub drops what another scope includes', github, 'user read:user user:email', 'user', ''],
    ['over two steps', github, 'read:org admin:org', 'admin:org', ''],
    ['but not the other way round', github, 'repo repo:status', 'repo:status', 'repo'],
    ['Salesforce’s two names for lasting access', salesforce, 'api refresh_token', 'api offline_access', ''],
    ['a scope that includes the rest', salesforce, 'id api openid', 'full', ''],
  ])('%s', (_, rules, asked, granted, missing) => {
    expect(missingScopes(rules, asked.split(' '), granted.split(' '), nothing).join(' ')).toBe(missing);
  });

  test.each<[string, string[], Partial<ScopeProofs>, string[]]>([
    ['a refresh token proves offline_access', ['read', 'offline_access'], { refreshToken: true }, []],
    ['no refresh token: it is missing', ['read', 'offline_access'], {}, ['offline_access']],
    ['an ID token proves openid', ['openid', 'read'], { idToken: true }, []],
    ['no ID token: it is missing', ['openid', 'read'], { refreshToken: true }, ['openid']],
    ['neither proves anything else', ['read', 'write'], { idToken: true, refreshToken: true }, ['write']],
  ])('%s', (_, asked, proofs, missing) => {
    expect(missingScopes(noScopeRules, asked, ['read'], { ...nothing, ...proofs })).toEqual(missing);
  });

  test.each<[string, Partial<typeof noScopeRules>, string, string, string]>([
    ['another case', { scope_case: 'insensitive' }, 'User.Read Mail.Send', 'user.read mail.send', ''],
    ['case counts by default', {}, 'User.Read', 'user.read', 'User.Read'],
    [
      'a URL before the name',
      { scope_prefixes: ['https://graph.example/'] },
      'Mail.Read',
      'https://graph.example/Mail.Read',
      '',
    ],
    [
      'a URL before the asked name',
      { scope_prefixes: ['https://graph.example/'] },
      'https://graph.example/Mail.Read',
      'Mail.Read',
      '',
    ],
    [
      'a URL and another case',
      { scope_prefixes: ['https://Graph.example/'], scope_case: 'insensitive' },
      'Mail.Read',
      'https://graph.example/mail.read',
      '',
    ],
    ['one that is never echoed', { unechoed_scopes: ['basic'] }, 'basic read', 'read', ''],
    [
      'implied by one in another case',
      { scope_implies: { Admin: ['Read'] }, scope_case: 'insensitive' },
      'read',
      'ADMIN',
      '',
    ],
    ['implied in a circle', { scope_implies: { a: ['b'], b: ['a', 'c'] } }, 'a b c d', 'b', 'd'],
    ['names that objects have by themselves', {}, 'constructor toString', 'x', 'constructor toString'],
  ])('%s', (_, rules, asked, granted, missing) => {
    const found = missingScopes({ ...noScopeRules, ...rules }, asked.split(' '), granted.split(' '), nothing);
    expect(found.join(' ')).toBe(missing);
  });

  test('P-06 a server that does not say is unknown, not everything and not nothing', () => {
    expect(missingScopes(noScopeRules, ['read'], null, nothing)).toEqual([]);
    expect(missingScopes(noScopeRules, ['read'], [], nothing)).toEqual(['read']);
  });
});
