import type { OAuthProvider } from '#lib/oauth/types';

/** The part of a record that says how granted scopes differ from the letters of the request. */
export type ScopeRules = Pick<
  OAuthProvider,
  'scope_aliases' | 'scope_implies' | 'scope_prefixes' | 'scope_case' | 'unechoed_scopes'
>;

/** For a provider that is no longer configured: scopes are compared letter by letter. */
export const noScopeRules: ScopeRules = {
  scope_aliases: {},
  scope_implies: {},
  scope_prefixes: [],
  scope_case: 'sensitive',
  unechoed_scopes: [],
};

/** Facts of a grant beside the scopes that the server named. */
export interface ScopeProofs {
  /** A refresh token came, which proves that lasting access was granted. */
  refreshToken: boolean;
  /** A valid ID token came, which proves `openid`. */
  idToken: boolean;
}

/** Scopes that ask for lasting access: OpenID Connect Core §11, and Salesforce's name for it. */
const lastingAccess = new Set(['offline_access', 'refresh_token', 'offline']);

/** One spelling of a scope, for comparing. */
function spelling({ scope_case, scope_prefixes }: ScopeRules, scope: string): string {
  const prefix = scope_prefixes.find((one) => scope.toLowerCase().startsWith(one.toLowerCase()));
  const bare = prefix === undefined ? scope : scope.slice(prefix.length);
  return scope_case === 'insensitive' ? bare.toLowerCase() : bare;
}

/** Every spelling that the granted scopes stand for: their own, and those of the scopes that they imply. */
function covered(rules: ScopeRules, granted: readonly string[]): Set<string> {
  const implied = new Map(
    Object.entries(rules.scope_implies).map(([scope, others]) => [spelling(rules, scope), others] as const),
  );
  const found = new Set<string>();
  const waiting = granted.map((scope) => spelling(rules, scope));
  for (let scope = waiting.pop(); scope !== undefined; scope = waiting.pop()) {
    if (found.has(scope)) continue;
    found.add(scope);
    for (const other of implied.get(scope) ?? []) waiting.push(spelling(rules, other));
  }
  return found;
}

/**
 * The scopes that were asked for and not granted, in the letters of the request. This is the one place that compares
 * them (RFC 6749 §3.3): it knows aliases, implied scopes, proofs, and servers that spell a scope in another way.
 * @param granted null: the server does not say, so nothing is known to be missing
 */
export function missingScopes(
  rules: ScopeRules,
  asked: readonly string[],
  granted: readonly string[] | null,
  proofs: ScopeProofs,
): string[] {
  if (granted === null) return [];
  const has = covered(rules, granted);
  const unechoed = new Set(rules.unechoed_scopes.map((scope) => spelling(rules, scope)));
  const isGranted = (scope: string) => {
    // A scope may have the name of a member that every object has.
    const aliases = Object.hasOwn(rules.scope_aliases, scope) ? rules.scope_aliases[scope] : undefined;
    const names = [scope, ...(aliases ?? [])].map((name) => spelling(rules, name));
    if (names.some((name) => has.has(name) || unechoed.has(name))) return true;
    if (proofs.refreshToken && lastingAccess.has(scope)) return true;
    return proofs.idToken && scope === 'openid';
  };
  return asked.filter((scope) => !isGranted(scope));
}

/**
 * The scopes among `scopes` that none of `held` stands for: by its letters, its other spellings and aliases, or as a
 * scope that another one implies. Nothing else counts, so that a proof of one scope does not vouch for another.
 */
export function unheldScopes(rules: ScopeRules, scopes: readonly string[], held: readonly string[]): string[] {
  const letters = { ...rules, unechoed_scopes: [] };
  const names = held.flatMap((scope) => [
    scope,
    ...(Object.hasOwn(rules.scope_aliases, scope) ? (rules.scope_aliases[scope] ?? []) : []),
  ]);
  return missingScopes(letters, scopes, names, { refreshToken: false, idToken: false });
}

/**
 * Scopes that the hub itself uses: for the identity of an account (OpenID Connect Core §5.4), and to refresh without a
 * person. No service states these.
 */
export const isHubScope = (scope: string): boolean =>
  lastingAccess.has(scope) || ['openid', 'profile', 'email'].includes(scope);
