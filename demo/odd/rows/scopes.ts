import { editAsked, editTokens } from '#demo/odd/edits';
import type { Oddity } from '#demo/odd/oddity';

const scopesOf = (body: Record<string, unknown>): string[] => String(body.scope).split(' ');

/** Answers other names for the granted scopes. */
const named = (name: (scope: string) => string, separator = ' ') =>
  editTokens((body) => {
    body.scope = scopesOf(body).map(name).join(separator);
  });

const without = (scope: string) =>
  editTokens((body) => {
    body.scope = scopesOf(body)
      .filter((one) => one !== scope)
      .join(' ');
  });

const longName = (scope: string) => `https://odd.example/auth/userinfo.${scope}`;

/** Which scopes it says that it granted, and how. */
export const scopeRows: readonly Oddity[] = [
  {
    name: 'long_scope_names',
    cases: ['P-04'],
    does: 'It grants email and profile under long names.',
    touches: ['scopes'],
    answered: named((scope) => (['email', 'profile'].includes(scope) ? longName(scope) : scope)),
    record: { scope_aliases: { email: [longName('email')], profile: [longName('profile')] } },
  },
  {
    name: 'offline_access_not_echoed',
    cases: ['P-05'],
    does: 'It answers offline_access with a refresh token, and never names it.',
    touches: ['scopes'],
    answered: without('offline_access'),
    record: { scopes: ['openid', 'email', 'profile', 'read', 'write', 'offline_access'] },
  },
  {
    name: 'openid_not_echoed',
    cases: ['P-05'],
    does: 'It answers openid with an ID token, and never names it.',
    touches: ['scopes'],
    answered: without('openid'),
  },
  {
    name: 'basic_scope_not_echoed',
    cases: ['P-05'],
    does: 'It never names a scope that every application has.',
    touches: ['scopes'],
    answered: without('read'),
    record: { unechoed_scopes: ['read'] },
  },
  {
    name: 'implied_scopes',
    cases: ['P-05'],
    does: 'It names only the greater one of two scopes.',
    touches: ['scopes'],
    answered: without('read'),
    record: { scope_implies: { write: ['read'] } },
  },
  {
    name: 'upper_case_scopes',
    cases: ['P-05'],
    does: 'It answers scopes in upper case.',
    touches: ['scopes'],
    answered: named((scope) => scope.toUpperCase()),
    record: { scope_case: 'insensitive' },
  },
  {
    name: 'scopes_as_addresses',
    cases: ['P-05'],
    does: 'It puts the address of its API before the scopes that it names.',
    touches: ['scopes'],
    answered: named((scope) => `https://api.odd.example/${scope}`),
    record: { scope_prefixes: ['https://api.odd.example/'] },
  },
  {
    name: 'comma_scopes',
    cases: ['P-05'],
    does: 'It joins the scopes that it names with commas.',
    touches: ['scopes'],
    answered: named((scope) => scope, ','),
    record: { scope_sep_in: ',' },
  },
  {
    name: 'comma_scopes_both_ways',
    cases: ['P-05'],
    does: 'It wants commas between scopes, and answers them so.',
    touches: ['scopes'],
    asked: editAsked('authorization', ({ parameters }) => {
      const asked = parameters.get('scope') ?? '';
      parameters.set('scope', asked.includes(' ') ? '' : asked.replaceAll(',', ' '));
    }),
    answered: named((scope) => scope, ','),
    record: { scope_sep_out: ',', scope_sep_in: ',' },
  },
  {
    name: 'scopes_on_the_redirect',
    cases: ['P-06'],
    does: 'It names the granted scopes on the redirect and not in the token answer.',
    touches: ['scopes'],
    redirected: (parameters, grant) => {
      if (grant) parameters.set('scope', grant.scopes.join(' '));
    },
    answered: editTokens((body) => void delete body.scope),
    record: { scope_source: 'redirect' },
  },
  {
    name: 'list_of_scopes',
    cases: ['P-06'],
    does: 'It answers a list called scopes.',
    touches: ['scopes'],
    answered: editTokens((body, { issued }) => {
      delete body.scope;
      body.scopes = issued?.scopes;
    }),
  },
  {
    name: 'silent_about_scopes',
    cases: ['P-06'],
    does: 'It names no scopes, and grants what was asked for.',
    touches: ['scopes'],
    answered: editTokens((body) => void delete body.scope),
  },
  {
    name: 'fewer_scopes',
    cases: ['P-04'],
    does: 'It grants less than was asked for, and says so.',
    touches: ['scopes'],
    // The token itself can do less.
    agreed: (scopes) => scopes.filter((scope) => scope !== 'write'),
    outcome: { flow: 'scopes_missing', missing: ['write'] },
  },
];
