const prefix = 'urn:grantkeep:application:';

/** The issuer of an application's people. No server has such an address, so that no sign-in comes from it. */
export const issuerOfApplication = (applicationId: string): string => prefix + applicationId;

/** True for the issuer of people of an application, in any case of letters (RFC 8141 §3.1). */
export const isApplicationIssuer = (issuer: string): boolean => issuer.toLowerCase().startsWith(prefix);
