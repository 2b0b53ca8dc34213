import { createPublicKey, verify } from 'node:crypto';
import type { SigningKeys } from '#lib/ledger/signing-keys';

/** The text that is signed: each byte of the file is in it, or is compared with it. */
const signedText = (keyId: string, publicKey: string, bundle: string) =>
  `grantkeep/evidence/1\n${keyId}\n${publicKey}\n${bundle}`;

/** The file of a bundle: one line of JSON with the bundle's own text and an Ed25519 signature (RFC 8032) over it. */
export function writeEnvelope(bundle: string, keys: SigningKeys): string {
  const publicKey = (keys.publicKey(keys.keyId) as Buffer).toString('base64');
  const signature = keys.sign(signedText(keys.keyId, publicKey, bundle)).toString('base64');
  return `{"bundle":${bundle},"key_id":${JSON.stringify(keys.keyId)},"public_key":"${publicKey}","signature":"${signature}"}\n`;
}

const form =
  /^\{"bundle":(\{[^\n]*\}),"key_id":"([\w.:-]{1,100})","public_key":"([A-Za-z0-9+/]{43}=)","signature":"([A-Za-z0-9+/]{86}==)"\}\n$/;
// The bytes before the 32 bytes of the key in SubjectPublicKeyInfo (RFC 8410 §4).
const spki = Buffer.from('302a300506032b6570032100', 'hex');

/** Whether an Ed25519 key, given as 32 bytes in base64, signed the text. */
export function isSignedBy(publicKey: string, text: string, signature: string): boolean {
  const [key, bytes] = [Buffer.from(publicKey, 'base64'), Buffer.from(signature, 'base64')];
  // Base64 has several spellings of some bytes; only one is ours.
  if (key.length !== 32 || key.toString('base64') !== publicKey || bytes.toString('base64') !== signature) return false;
  const object = createPublicKey({ key: Buffer.concat([spki, key]), format: 'der', type: 'spki' });
  return verify(null, Buffer.from(text), object, bytes);
}

/** The text of bytes; undefined where they are no UTF-8, of which several would read alike. */
function textOf(file: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file);
  } catch {
    return undefined;
  }
}

/** The parts of a file, if its signature fits. */
export function readEnvelope(file: Uint8Array): { bundle: string; keyId: string; publicKey: string } | undefined {
  const [, bundle, keyId = '', publicKey = '', signature = ''] = form.exec(textOf(file) ?? '') ?? [];
  if (bundle === undefined) return undefined;
  return isSignedBy(publicKey, signedText(keyId, publicKey, bundle), signature)
    ? { bundle, keyId, publicKey }
    : undefined;
}
