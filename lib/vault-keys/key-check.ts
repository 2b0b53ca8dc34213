import { createHmac, timingSafeEqual } from 'node:crypto';
import { type KeyRoot, KeyServiceDown } from '#lib/vault/root';

/**
 * A text that tells whether a root gave the very data key that was made, and nothing of the key: HMAC-SHA256 (RFC 2104)
 * over the key's id, in base64url. Values sealed under another key of the same id could never be opened again.
 */
export const checkOfKey = (kid: string, key: Uint8Array): string =>
  createHmac('sha256', key).update(`grantkeep/data-key/${kid}`).digest('base64url');

/**
 * A data key as text that only this root opens again. The root is asked to open it at once: a text that does not open
 * must not be the only copy of a key.
 * @throws KeyServiceDown also where the root gives back nothing, or another key
 */
export async function wrapSafely(root: KeyRoot, kid: string, key: Uint8Array): Promise<string> {
  const wrapped = await root.wrap(kid, key);
  const given = await root.unwrap(kid, wrapped).catch((cause: unknown) => {
    throw cause instanceof KeyServiceDown ? cause : new KeyServiceDown(root.name, cause);
  });
  if (given.length !== key.length || !timingSafeEqual(given, key))
    throw new KeyServiceDown(root.name, new Error('it does not give back the key that it wrapped'));
  return wrapped;
}
