import { isOAuthError } from '#lib/oauth/types';

/** The part of a provider's refusal that the ledger keeps: its codes. Its words are in the log alone. */
export function providerDetails(error: unknown): Record<string, string> {
  if (!isOAuthError(error)) return {};
  const { providerError, providerSubcode } = error;
  return {
    ...(providerError === undefined ? {} : { provider_error: providerError }),
    ...(providerSubcode === undefined ? {} : { provider_subcode: providerSubcode }),
  };
}
