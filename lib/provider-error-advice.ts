/** What mostly lies behind a provider's code, and what mends it. */
export interface ProviderErrorAdvice {
  causes: string;
  next: string;
}

/** One row for the codes of providers that have one cause; docs/errors.md is made of it. */
export const providerErrorRows: readonly (ProviderErrorAdvice & { codes: readonly string[] })[] = [
  {
    codes: ['invalid_request'],
    causes: 'A parameter that the server does not take, or lacks',
    next: "Compare `authorization_params`, `token_params` and `refresh_params` with the provider's page; the log has its words",
  },
  {
    codes: ['invalid_client', 'incorrect_client_credentials', 'bad_client_secret', 'invalid_client_id'],
    causes:
      'Wrong client id or secret, a secret that expired, or another way to authenticate (`token_endpoint_auth_method`)',
    next: 'Copy both anew from the console; try `client_secret_post`',
  },
  {
    codes: ['AADSTS7000215', 'AADSTS7000222'],
    causes: 'Microsoft: a wrong secret (often its id instead of its value), or one that expired',
    next: 'Make a new secret and use its *value*',
  },
  {
    codes: ['AADSTS700016'],
    causes: 'Microsoft: the application is not in this tenant',
    next: "Use the tenant's own issuer, or make the application multi-tenant",
  },
  {
    codes: ['unauthorized_client', 'unsupported_response_type', 'unsupported_grant_type'],
    causes: 'The application may not use this grant; of one refresh only: this grant is over',
    next: 'Allow *authorization code* and *refresh token* in the console',
  },
  {
    codes: ['invalid_scope'],
    causes: 'A scope that the server does not know, or that the console does not list',
    next: 'Mend `scopes`, or add it in the console',
  },
  {
    codes: ['redirect_uri_mismatch', 'invalid_redirect_uri', 'bad_redirect_uri', 'AADSTS50011'],
    causes: 'The console lacks the redirect URI of this provider, letter by letter',
    next: 'Copy it from *Status*',
  },
  {
    codes: ['application_suspended', 'disabled_client', 'deleted_client'],
    causes: 'The provider stopped the application',
    next: "See the provider's console and mail",
  },
  {
    codes: ['access_denied', 'AADSTS65004'],
    causes: 'The person, or a rule, declined',
    next: "Ask the person; else see the provider's log",
  },
  {
    codes: ['admin_policy_enforced', 'AADSTS65001', 'AADSTS90094'],
    causes: "A rule of the organisation forbids the application or a scope, or wants an administrator's consent",
    next: "The organisation's administrator allows it",
  },
  {
    codes: ['org_internal', 'AADSTS50020'],
    causes: 'The application is for one organisation, and the account is outside',
    next: 'Choose an account inside, or make the application *external*',
  },
  {
    codes: ['AADSTS53003', 'AADSTS50076', 'AADSTS50079', 'invalid_rapt'],
    causes: 'A rule asks for another place, device, second factor or a fresh sign-in',
    next: 'The person connects again; a rule may exempt the application',
  },
  {
    codes: ['interaction_required', 'login_required', 'consent_required', 'account_selection_required'],
    causes: 'The provider wants the person at its own pages',
    next: 'The person connects again',
  },
  {
    codes: ['invalid_grant'],
    causes: 'A code that is used or old, or a grant that is over: removed, password changed, unused, replaced',
    next: 'Start again, or reconnect',
  },
  {
    codes: ['bad_verification_code', 'AADSTS70008'],
    causes: 'The code is used or old',
    next: 'Start again',
  },
  {
    codes: ['bad_refresh_token', 'AADSTS700082', 'AADSTS50173'],
    causes: 'The grant is over: revoked, unused for too long, password changed',
    next: 'Reconnect',
  },
  {
    codes: ['server_error', 'temporarily_unavailable', 'slow_down', 'too_many_requests', 'rate_limit_exceeded'],
    causes: "The provider's own trouble",
    next: 'Wait; the hub tries again',
  },
];

/** The row of the first of a provider's codes that has one; null where none has. */
export function providerErrorAdvice(...codes: readonly (string | null | undefined)[]): ProviderErrorAdvice | null {
  for (const code of codes) {
    const row = providerErrorRows.find((one) => typeof code === 'string' && one.codes.includes(code));
    if (row) return row;
  }
  return null;
}
