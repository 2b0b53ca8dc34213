import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { nonce } from '#tests/servers/quirky-provider';
import type { QuirkyServer } from '#tests/servers/quirky-server';

export interface IdTokenSigner {
  jwks: { keys: JWK[] };
  /** An ID token that is right in everything but the given claims; undefined leaves a claim out. */
  sign(claims?: Record<string, unknown>, header?: { alg?: string; kid?: string }): Promise<string>;
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Claims of a right ID token of this server, as of now. */
export function rightClaims(issuer: string): JWTPayload {
  const now = Math.floor(Date.now() / 1000);
  return { iss: issuer, aud: 'client-1', sub: 'subject-1', nonce, iat: now, exp: now + 300, email: 'ada@example.com' };
}

/** A key of its own, published at the server's `/jwks`. */
export async function idTokenSigner(server: QuirkyServer): Promise<IdTokenSigner> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'key-1', alg: 'RS256', use: 'sig' }] };
  server.on('GET /jwks', { json: jwks });
  return {
    jwks,
    sign: async (claims = {}, { alg = 'RS256', kid = 'key-1' } = {}) => {
      const merged = Object.fromEntries(
        Object.entries({ ...rightClaims(server.url), ...claims }).filter(([, value]) => value !== undefined),
      );
      if (alg === 'none') return `${base64url({ alg, kid })}.${base64url(merged)}.`;
      if (alg.startsWith('HS')) {
        return new SignJWT(merged).setProtectedHeader({ alg, kid }).sign(new TextEncoder().encode('x'.repeat(64)));
      }
      return new SignJWT(merged).setProtectedHeader({ alg, kid }).sign(privateKey);
    },
  };
}
