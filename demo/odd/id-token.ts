import { type CryptoKey, exportJWK, exportPKCS8, generateKeyPair, SignJWT } from 'jose';
import type { Grant } from '#demo/odd/grants';
import type { OddParts } from '#demo/odd/oddity';

/** Makes a server's ID tokens, and publishes the key that they are signed with. */
export interface OddIdToken {
  readonly jwks: { keys: unknown[] };
  make: (grant: Grant, parts: OddParts) => Promise<string>;
}

export interface OddKeys {
  signing: { privateKey: CryptoKey; publicKey: CryptoKey };
  client: { pem: string; publicKey: CryptoKey };
}

let made: Promise<OddKeys> | undefined;

/** The signing key and the client's key: made once a process, which takes a while. */
export function oddKeys(): Promise<OddKeys> {
  made ??= (async () => {
    const signing = await generateKeyPair('RS256', { extractable: true });
    const client = await generateKeyPair('RS256', { extractable: true });
    return { signing, client: { pem: await exportPKCS8(client.privateKey), publicKey: client.publicKey } };
  })();
  return made;
}

export type EditClaims = (claims: Record<string, unknown>, grant: Grant) => void;

/** A JWT of these claims, by the key that is published. */
export const signWith = ({ signing }: OddKeys, claims: Record<string, unknown>): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'odd-1' }).sign(signing.privateKey);

/** @param edit what the oddities do to the claims */
export async function createIdTokens(keys: OddKeys, edit: EditClaims): Promise<OddIdToken> {
  const jwk = { ...(await exportJWK(keys.signing.publicKey)), kid: 'odd-1', alg: 'RS256', use: 'sig' };
  return {
    jwks: { keys: [jwk] },
    make: async (grant, parts) => {
      const { subject, name, login, email } = grant.person;
      const now = Math.floor(Date.now() / 1000);
      const claims: Record<string, unknown> = {
        ...{ iss: parts.issuer(grant.parts), aud: parts.clientId, sub: subject, iat: now, exp: now + 3600 },
        ...(grant.request.nonce === undefined ? {} : { nonce: grant.request.nonce }),
        ...{ name, preferred_username: login, email, email_verified: true, auth_time: now },
      };
      edit(claims, grant);
      return signWith(keys, claims);
    },
  };
}
