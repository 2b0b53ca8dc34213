import type { VaultRoots } from '#lib/config/vault-root';
import type { GuardedFetch } from '#lib/outbound/guarded-fetch';
import { awsKmsRoot } from '#lib/vault/aws-kms-root';
import { type KeyRoot, localRoot } from '#lib/vault/root';
import { transitRoot } from '#lib/vault/transit-root';
import type { VaultKey } from '#lib/vault/vault';

/** The root keys of a process: the entries of `VAULT_ROOT` in their order, then the ones of `VAULT_KEYS`. */
export function createRoots(
  { vaultRoots: { roots, aws, token }, vaultKeys }: { vaultRoots: VaultRoots; vaultKeys: readonly VaultKey[] },
  fetch: GuardedFetch,
): KeyRoot[] {
  const remote = roots.flatMap((root) => {
    if (root.kind === 'aws-kms') return aws ? [awsKmsRoot(root, aws, fetch)] : [];
    return token ? [transitRoot(root, token, fetch)] : [];
  });
  return [...remote, ...vaultKeys.map(localRoot)];
}
