import { hkdfSync } from 'node:crypto';
import type { Config } from '#lib/config/config';

/**
 * The key of hashes of settings and of short codes: without it neither can be guessed from them. It follows the vault's
 * oldest key.
 */
export function configurationKey({ ledgerKeys, vaultKeys }: Pick<Config, 'ledgerKeys' | 'vaultKeys'>): Uint8Array {
  const seed = ledgerKeys.find(({ kind }) => kind === 'seed')?.key;
  const oldest = vaultKeys.at(-1)?.key ?? seed ?? new Uint8Array();
  return new Uint8Array(hkdfSync('sha256', oldest, '', 'grantkeep configuration hash 1', 32));
}
