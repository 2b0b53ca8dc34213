import { decodeJwt, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { isOAuthError, OAuthError, type OAuthErrorCode } from '#lib/oauth/oauth-error';
import { serverKeys, signatures } from '#lib/oauth/server-keys';
import { tenantIssuerOf } from '#lib/oauth/tenant-issuer';
import type { OAuthDeps, OAuthProvider, PinnedEndpoints } from '#lib/oauth/types';

/** Seconds that the server's clock may differ from ours. */
const toleranceSeconds = 60;

const claimCodes: Record<string, OAuthErrorCode> = {
  iss: 'id_token_issuer',
  aud: 'id_token_audience',
  exp: 'id_token_expired',
  nbf: 'id_token_expired',
};

function codeOf(error: errors.JOSEError): OAuthErrorCode {
  if (error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTExpired)
    return claimCodes[error.claim] ?? 'id_token_malformed';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'id_token_alg';
  const unsigned = error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey;
  return unsigned ? 'id_token_signature' : 'id_token_malformed';
}

/** Whether this server needs what openid-client does not offer: an issuer by tenant, a nonce or a token that may be absent. */
export const needsOwnCheck = (provider: OAuthProvider): boolean =>
  provider.tenant_issuer !== null || provider.dangerously_without_nonce || provider.dangerously_without_id_token;

/** OpenID Connect Core §3.1.3.7: `azp` names this client where it is there, and has to be with several audiences. */
function checkParty({ client_id }: OAuthProvider, { aud, azp }: JWTPayload): void {
  const several = Array.isArray(aud) && aud.length > 1;
  if (azp === undefined ? several : azp !== client_id) throw new OAuthError('id_token_audience', { detail: 'azp' });
}

/** A key may be published for one tenant only; then it signs for no other. */
function checkKeysTenant(
  keys: ReturnType<typeof serverKeys>,
  kid: string | undefined,
  rule: { template: string },
  iss: string,
) {
  // Several keys may bear one name, and a token need name none: each that may have signed counts.
  const signers = (keys.jwks()?.keys ?? []).filter((key) => typeof kid !== 'string' || key.kid === kid);
  const others = (signers as { issuer?: unknown }[]).some(
    ({ issuer }) => typeof issuer === 'string' && issuer !== rule.template && issuer !== iss,
  );
  if (others) throw new OAuthError('id_token_issuer', { detail: 'key' });
}

/**
 * Verifies with the key that fits the header. Some servers publish one key twice, or several without naming in the token
 * which one signed (RFC 7517 §4.5): each of these is tried.
 */
async function verifyByAnyKey(idToken: string, keys: ReturnType<typeof serverKeys>, options: JWTVerifyOptions) {
  try {
    return await jwtVerify(idToken, keys, options);
  } catch (several) {
    if (!(several instanceof errors.JWKSMultipleMatchingKeys)) throw several;
    for await (const key of several) {
      const verified = await jwtVerify(idToken, key, options).catch((error: unknown) => error);
      if (!(verified instanceof errors.JWSSignatureVerificationFailed)) {
        if (verified instanceof Error) throw verified;
        return verified as Awaited<ReturnType<typeof jwtVerify>>;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/**
 * Verifies an ID token (OpenID Connect Core §3.1.3.7): signature, issuer, audience, times and nonce. The issuer is the
 * tenant's where the record has a template, and the nonce may be absent where the record says so dangerously.
 * @throws OAuthError `id_token_…`, or a transient one where the keys cannot be read
 */
export async function verifyIdToken(
  provider: OAuthProvider,
  pinned: PinnedEndpoints,
  idToken: string,
  { nonce }: { nonce: string },
  deps: OAuthDeps,
): Promise<JWTPayload & Record<string, unknown>> {
  if (!pinned.jwks_uri) throw new OAuthError('discovery_incomplete', { detail: 'jwks_uri' });
  const { tenant_issuer } = provider;
  try {
    const issuer = tenant_issuer ? tenantIssuerOf(tenant_issuer, decodeJwt(idToken)) : pinned.issuer;
    const keys = serverKeys(provider, pinned.jwks_uri, deps);
    const { payload, protectedHeader } = await verifyByAnyKey(idToken, keys, {
      issuer,
      audience: provider.client_id,
      algorithms: signatures(pinned, ['RS256']),
      clockTolerance: toleranceSeconds,
      currentDate: deps.now(),
      requiredClaims: ['sub', 'exp', 'iat'],
    });
    checkParty(provider, payload);
    if (tenant_issuer) checkKeysTenant(keys, protectedHeader.kid, tenant_issuer, issuer);
    if (payload.nonce === undefined ? !provider.dangerously_without_nonce : payload.nonce !== nonce)
      throw new OAuthError('id_token_nonce');
    return payload;
  } catch (error) {
    if (isOAuthError(error)) throw error;
    if (error instanceof errors.JOSEError) throw new OAuthError(codeOf(error), { detail: error.code });
    throw error;
  }
}
