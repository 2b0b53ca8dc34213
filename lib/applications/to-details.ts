import type { ApplicationDetails } from '#lib/applications/details';

type Told = Partial<Pick<ApplicationDetails, 'returnUrls' | 'providers' | 'scopes'>>;

/**
 * The ledger's words for what an application may do. Its name and contact may name people and stay out of the ledger.
 * Scopes are written as `provider:scope`.
 */
export function toDetails({ returnUrls, providers, scopes }: Told): Record<string, string[] | null> {
  return {
    ...(returnUrls ? { return_urls: returnUrls } : {}),
    ...(providers !== undefined ? { providers } : {}),
    ...(scopes
      ? { scopes: Object.entries(scopes).flatMap(([id, names]) => names.map((name) => `${id}:${name}`)) }
      : {}),
  };
}
