import type { Preset } from '#lib/providers/preset';

const defaultIssuer = 'https://github.com/login/oauth';

/** github.com, an Enterprise Cloud host with data residency (`*.ghe.com`), or an Enterprise Server. */
function apiBase(web: URL): string {
  if (web.hostname === 'github.com') return 'https://api.github.com';
  return web.hostname.endsWith('.ghe.com') ? `https://api.${web.hostname}` : `${web.origin}/api/v3`;
}

/**
 * GitHub, from github/docs `authorizing-oauth-apps.md` and `refreshing-user-access-tokens.md`. Its published metadata
 * is a preview for other clients and wrong on Enterprise, so the endpoints are written down.
 */
const record: Preset['record'] = (written) => {
  const issuer = written ?? defaultIssuer;
  const web = new URL(issuer);
  const api = apiBase(web);
  const login = `${web.origin}/login/oauth`;
  return {
    name: 'GitHub',
    issuer,
    authorization_endpoint: `${login}/authorize`,
    token_endpoint: `${login}/access_token`,
    revocation_endpoint: `${api}/applications/{client_id}/token`,
    discovery: 'none',
    token_endpoint_auth_method: 'client_secret_post',
    basic_encoding: 'raw',
    // Asking for offline_access gets tokens that end after eight hours; Enterprise servers may not know the scope.
    scopes: ['read:user', 'user:email', ...(web.hostname === 'github.com' ? ['offline_access'] : [])],
    sign_in_scopes: ['read:user', 'user:email'],
    scope_sep_in: ',',
    // GitHub drops a scope that another one of the request includes (docs, "Normalized scopes").
    scope_implies: {
      user: ['read:user', 'user:email', 'user:follow'],
      repo: ['repo:status', 'repo_deployment', 'public_repo', 'repo:invite', 'security_events'],
      'admin:org': ['write:org', 'read:org', 'manage_runners:org'],
      'write:org': ['read:org'],
      'admin:repo_hook': ['write:repo_hook', 'read:repo_hook'],
      'write:repo_hook': ['read:repo_hook'],
      'admin:public_key': ['write:public_key', 'read:public_key'],
      'write:public_key': ['read:public_key'],
      'admin:gpg_key': ['write:gpg_key', 'read:gpg_key'],
      'write:gpg_key': ['read:gpg_key'],
      'write:packages': ['read:packages'],
      'write:discussion': ['read:discussion'],
      project: ['read:project'],
      codespace: ['codespace:secrets'],
    },
    accept_json: true,
    error_in_200: true,
    another_account_params: { prompt: 'select_account' },
    login_hint: { param: 'login', value: 'label' },
    rotation: 'rotate',
    max_grants: 10,
    idle_keepalive_days: 150,
    dead_codes: ['bad_refresh_token', 'invalid_grant'],
    revoke: {
      style: 'delete_json',
      token_kind: 'access_token',
      auth: 'basic',
      blast_radius: 'token',
      manual_url: 'https://github.com/settings/applications',
    },
    identity: {
      source: 'endpoint',
      endpoint: `${api}/user`,
      subject: 'id',
      label: ['login', 'email'],
      name: 'name',
      emails_endpoint: `${api}/user/emails`,
      headers: { accept: 'application/vnd.github+json' },
    },
    push_signal: 'webhook',
    scope_descriptions: {
      'read:user': 'See the profile, also what is private in it',
      'user:email': 'See the e-mail addresses',
      user: 'See and change the profile',
      repo: 'See and change all repositories, public and private',
      public_repo: 'See and change public repositories',
      'repo:status': 'See and set commit statuses',
      'read:org': 'See organisations, teams and memberships',
      'write:org': 'Change organisations and memberships',
      gist: 'Write gists',
      workflow: 'Change workflow files',
      notifications: 'See and mark notifications',
      'read:packages': 'Download packages',
      'write:packages': 'Publish packages',
      'admin:repo_hook': 'Manage repository webhooks',
      project: 'See and change projects',
      offline_access: 'Stay connected with tokens that are renewed every eight hours',
    },
  };
};

export const github: Preset = {
  about: {
    console: 'https://github.com/settings/developers',
    setup: [
      'Register an *OAuth App* and enter the redirect URI as its callback URL.',
      'Switch wildcard matching of redirect URIs off in apps from before 3 August 2026.',
    ],
    sources: [
      {
        url: 'https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps',
        says: 'endpoints, PKCE (S256), scopes joined by commas in answers, prompt=select_account, login',
      },
      {
        url: 'https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/refreshing-user-access-tokens',
        says: 'rotation and lifetimes',
      },
      { url: 'https://docs.github.com/en/rest/apps/oauth-applications', says: 'revocation by DELETE with Basic' },
    ],
    pkce: 'documented',
  },
  record,
};
