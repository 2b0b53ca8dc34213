import { decodeJwt, decodeProtectedHeader, importJWK, SignJWT, UnsecuredJWT } from 'jose';
import type { Switches } from '#demo/switches';

/** Makes an ID token that a client must refuse, from one that it would accept. */
export async function bendIdToken(
  token: string,
  lie: NonNullable<Switches['id_token']>,
  signingKey: Record<string, unknown>,
): Promise<string> {
  const claims = decodeJwt(token);
  if (lie === 'alg_none') return new UnsecuredJWT(claims).encode();
  if (lie === 'bad_signature') return withOtherSignature(token);
  const bent = {
    ...claims,
    ...(lie === 'wrong_nonce' ? { nonce: 'a-nonce-of-another-flow' } : {}),
    ...(lie === 'wrong_audience' ? { aud: 'another-client' } : {}),
    ...(lie === 'wrong_issuer' ? { iss: 'https://wrong-issuer.example' } : {}),
  };
  const { alg = 'RS256', kid } = decodeProtectedHeader(token);
  return new SignJWT(bent).setProtectedHeader({ alg, kid }).sign(await importJWK(signingKey, alg));
}

/** Flips bits in the middle of the signature, where no character is padding. */
function withOtherSignature(token: string): string {
  const [header, payload, signature = ''] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 0xff;
  return `${header}.${payload}.${bytes.toString('base64url')}`;
}
