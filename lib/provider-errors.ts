/**
 * Error codes of providers that are known, with what a person is told of them on a card. docs/errors.md has the cause of
 * each and what mends it. Nothing branches on these: they are words.
 */
const setUp = 'Tell your administrator: the hub must be set up anew at the provider.';
const again = 'Start again.';

const sentences = {
  // RFC 6749 §4.1.2.1 and §5.2
  invalid_request: `The provider does not understand the hub’s request. ${setUp}`,
  invalid_client: `The provider rejects this hub’s own credentials. ${setUp}`,
  unauthorized_client: `The provider does not let this hub ask in this way, or not for this account. ${setUp}`,
  unsupported_response_type: `The provider does not let this hub ask in this way. ${setUp}`,
  unsupported_grant_type: `The provider does not let this hub ask in this way. ${setUp}`,
  invalid_scope: `The provider does not offer a permission that this hub asks for. ${setUp}`,
  invalid_grant: `The provider does not accept the code or the grant any more. ${again}`,
  access_denied: 'You, or a rule at the provider, declined. Nothing was connected.',
  server_error: 'The provider has a fault of its own. Try again in a few minutes.',
  temporarily_unavailable: 'The provider is too busy just now. Try again in a few minutes.',
  slow_down: 'The provider asks for fewer requests. Try again in a few minutes.',
  too_many_requests: 'The provider asks for fewer requests. Try again in a few minutes.',
  rate_limit_exceeded: 'The provider asks for fewer requests. Try again in a few minutes.',
  // OpenID Connect Core §3.1.2.6
  interaction_required:
    'The provider wants you to sign in or to agree there. Start again, and stay until its last page.',
  login_required: 'The provider wants you to sign in there. Start again.',
  consent_required: 'The provider wants you to agree there. Start again.',
  account_selection_required: 'The provider wants you to choose an account there. Start again.',
  // The redirect URI
  redirect_uri_mismatch: `The provider does not know this hub’s redirect URI. ${setUp}`,
  invalid_redirect_uri: `The provider does not know this hub’s redirect URI. ${setUp}`,
  bad_redirect_uri: `The provider does not know this hub’s redirect URI. ${setUp}`,
  AADSTS50011: `The provider does not know this hub’s redirect URI. ${setUp}`,
  // The client
  incorrect_client_credentials: `The provider rejects this hub’s own credentials. ${setUp}`,
  bad_client_secret: `The provider rejects this hub’s own credentials. ${setUp}`,
  invalid_client_id: `The provider rejects this hub’s own credentials. ${setUp}`,
  AADSTS7000215: `The provider rejects this hub’s own credentials. ${setUp}`,
  AADSTS7000222: `The hub’s secret at the provider has expired. ${setUp}`,
  AADSTS700016: `The provider does not know this hub in your organisation. ${setUp}`,
  application_suspended: `The provider has suspended this hub’s application. ${setUp}`,
  disabled_client: `The provider has disabled this hub’s application. ${setUp}`,
  deleted_client: `This hub’s application does not exist at the provider any more. ${setUp}`,
  // A rule of the organisation
  admin_policy_enforced: 'A rule of your organisation forbids this application. Ask its administrator to allow it.',
  org_internal:
    'The application is for members of one organisation, and this account is not one. Choose another account.',
  AADSTS65001: 'Your organisation has not agreed to this application. Ask its administrator to allow it.',
  AADSTS65004: 'You declined. Nothing was connected.',
  AADSTS90094: 'Only an administrator of your organisation may allow this application. Ask them to.',
  AADSTS50020: 'This account is not a member of the organisation that the application is for. Choose another account.',
  AADSTS53003: 'A rule of your organisation forbids access from here. Ask its administrator.',
  AADSTS50076: 'Your organisation wants a second factor. Start again, and finish signing in there.',
  AADSTS50079: 'Your organisation wants you to set up a second factor. Start again, and finish signing in there.',
  invalid_rapt: 'Your organisation wants you to sign in at the provider again. Start again.',
  // Codes and grants that are over
  bad_verification_code: `The code was used already, or is too old. ${again}`,
  bad_refresh_token: 'The provider ended this connection. Reconnect to continue.',
  AADSTS70008: 'The code or the grant is too old for the provider. Start again.',
  AADSTS700082: 'The grant was unused for too long. Reconnect to continue.',
  AADSTS50173: 'The password of the account was changed. Reconnect to continue.',
} as const;

/** Codes of providers that this hub has words for. */
export type KnownProviderError = keyof typeof sentences;
export const knownProviderErrors = Object.keys(sentences) as KnownProviderError[];

const isKnown = (code: string): code is KnownProviderError => Object.hasOwn(sentences, code);

/** The first of a provider's codes that is known; null where none is. The more exact one comes first. */
export function knownProviderError(...codes: readonly (string | null | undefined)[]): KnownProviderError | null {
  return codes.find((code): code is KnownProviderError => typeof code === 'string' && isKnown(code)) ?? null;
}

/** The sentence for a provider's code; null for an unknown one. */
export const providerErrorSentence = (code: string | null | undefined): string | null =>
  typeof code === 'string' && isKnown(code) ? sentences[code] : null;
