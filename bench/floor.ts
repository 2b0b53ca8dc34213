import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

// What any hub has to do at least: one row by its primary key, one AES-256-GCM value opened. Both floors do this and
// nothing else; nonce, tag and ciphertext stand in one column.

const nonceBytes = 12;
const tagBytes = 16;

export function sealFloorToken(key: Uint8Array, token: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const ciphertext = Buffer.concat([cipher.update(token, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]);
}

export function openFloorToken(key: Uint8Array, sealed: Uint8Array): string {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decipher.setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes));
  return decipher.update(sealed.subarray(nonceBytes + tagBytes), undefined, 'utf8') + decipher.final('utf8');
}
