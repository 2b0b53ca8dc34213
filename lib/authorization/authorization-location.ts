import type { FlowIntent } from '#lib/authorization/flow';
import { redirectUri } from '#lib/authorization/redirect-uri';
import { longestAuthorizationUrl } from '#lib/config/provider-url';
import type { Context } from '#lib/context';
import { AppError } from '#lib/errors';
import type { WantedAccount } from '#lib/oauth/account-choice';
import { asksForS256, buildAuthorizationUrl, type FlowSecrets } from '#lib/oauth/authorization-request';
import type { AccountParamValues, PinnedEndpoints } from '#lib/oauth/types';
import type { ProviderRecord } from '#lib/providers/record';

const signsIn = (intent: FlowIntent) => intent === 'sign_in' || intent === 'step_up';

/** The scopes that a flow asks for: signing in asks for identity only. */
export const askedScopes = (provider: ProviderRecord, intent: FlowIntent): string[] => [
  ...(signsIn(intent) ? provider.sign_in_scopes : provider.scopes),
];

/** The requested age, in seconds: less than the age that counts, so that some minutes are left for the action. */
const askedMaxAge = '60';

function signInParams(intent: FlowIntent, provider: ProviderRecord): Record<string, string> {
  return intent === 'step_up' && provider.step_up === 'auth_time' ? { max_age: askedMaxAge } : {};
}

export interface AskedFlow {
  intent: FlowIntent;
  secrets: FlowSecrets;
  accountParams: AccountParamValues;
  account?: WantedAccount | undefined;
  /** In place of the record's. */
  scopes?: readonly string[] | undefined;
}

/**
 * The address that the browser is sent to for a flow, with PKCE unless the record switches it off.
 * @throws AppError `pkce_required` where the challenge is missing, `provider_configuration` where the URL is too long
 * @throws OAuthError as `buildAuthorizationUrl`
 */
export function authorizationLocation(
  ctx: Pick<Context, 'config'>,
  provider: ProviderRecord,
  pinned: PinnedEndpoints,
  { intent, secrets, accountParams, account, scopes }: AskedFlow,
): URL {
  const { state, nonce, challenge: codeChallenge } = secrets;
  const location = buildAuthorizationUrl(
    // Extra parameters ask for lasting access; signing in wants none.
    signsIn(intent) ? { ...provider, authorization_params: signInParams(intent, provider) } : provider,
    pinned,
    {
      redirectUri: redirectUri(ctx, provider),
      state,
      nonce,
      codeChallenge,
      scopes: scopes ? [...scopes] : askedScopes(provider, intent),
      accountParams,
      account,
    },
  );
  if (!provider.dangerously_without_pkce && !asksForS256(location)) throw new AppError('pkce_required');
  if (location.href.length > longestAuthorizationUrl) {
    const cause = new Error(`the authorization URL of ${provider.id} has ${location.href.length} characters`);
    throw new AppError('provider_configuration', { cause });
  }
  return location;
}
