import type { Check } from '#lib/checks/check';
import { clientSecret } from '#lib/checks/client-secret';
import { httpsEndpoints } from '#lib/checks/https-endpoints';
import { ownCertificate } from '#lib/checks/own-certificate';
import { ownHttps } from '#lib/checks/own-https';
import { pkce } from '#lib/checks/pkce';
import { providerMetadata } from '#lib/checks/provider-metadata';
import { redirectUri } from '#lib/checks/redirect-uri';
import { refreshUnattended } from '#lib/checks/refresh-unattended';
import { sealedValues } from '#lib/checks/sealed-values';
import { state } from '#lib/checks/state';
import { tokenLife } from '#lib/checks/token-life';

/** Every check, in the order of the playbook's lines. */
export const checks: readonly Check[] = [
  pkce,
  state,
  ownCertificate,
  redirectUri,
  sealedValues,
  tokenLife,
  clientSecret,
  ownHttps,
  httpsEndpoints,
  refreshUnattended,
  providerMetadata,
];

/** How a check of a provider, or of the hub, is called as the subject of an alert. */
export const subjectOf = (check: string, provider: string | null): string =>
  provider === null ? check : `${check}/${provider}`;

/** The check of that id; undefined for one of an earlier build. */
export const checkOf = (id: string): Check | undefined => checks.find((one) => one.id === id);
