/**
 * What each scope includes: "a normalized list of scopes, discarding those that are implicitly included by another
 * requested scope" (docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps, "Normalized scopes").
 */
const included: Readonly<Record<string, readonly string[]>> = {
  user: ['read:user', 'user:email', 'user:follow'],
  repo: ['repo:status', 'repo_deployment', 'public_repo', 'repo:invite', 'security_events'],
  'admin:org': ['write:org', 'read:org'],
  'write:org': ['read:org'],
};

/** The scopes that a token keeps of a request, sorted as the header `X-OAuth-Scopes` has them. */
export function normalised(scopes: readonly string[]): string[] {
  const dropped = new Set(scopes.flatMap((scope) => (Object.hasOwn(included, scope) ? (included[scope] ?? []) : [])));
  return [...new Set(scopes)].filter((scope) => !dropped.has(scope)).sort();
}
