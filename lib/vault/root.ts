import { createVault, type VaultKey } from '#lib/vault/vault';

/**
 * A root key: it wraps the data keys that seal stored values, and never sees such a value. Everything else about it is
 * its own: where it is, and by which protocol it is asked.
 */
export interface KeyRoot {
  /** Names the key in the database: at most 300 characters, never a secret, and the same for as long as it is this key. */
  readonly name: string;
  /** True where a service is asked over the network, which may be down. */
  readonly remote: boolean;
  /**
   * Renews what it shows its service, where that ends. Asked for with each sign of life.
   * @throws KeyServiceDown
   */
  tend?(): Promise<void>;
  /**
   * A data key as text that only this root opens again, for the same key id.
   * @throws KeyServiceDown
   */
  wrap(kid: string, key: Uint8Array): Promise<string>;
  /**
   * The 32 bytes.
   * @throws KeyServiceDown where the service does not answer or does not let this process in; AppError where the text
   *   is not what `wrap` made for that id
   */
  unwrap(kid: string, wrapped: string): Promise<Uint8Array>;
}

/** The service of a root key does not answer, refuses, or gives another key. The data keys are as good as before. */
export class KeyServiceDown extends Error {
  override readonly name = 'KeyServiceDown';
  constructor(root: string, cause: unknown) {
    super(`The key service of ${root} does not answer, does not let this process in, or gives another key.`, { cause });
  }
}

/** A root key of `VAULT_KEYS`: a data key is wrapped as any value is sealed, bound to its row. */
export function localRoot(key: VaultKey): KeyRoot {
  const vault = createVault([key]);
  const place = (kid: string) => ({ row: kid, column: 'vault_wrappings.wrapped' });
  return {
    name: key.kid,
    remote: false,
    wrap: (kid, dataKey) => vault.seal(Buffer.from(dataKey).toString('base64url'), place(kid)),
    unwrap: async (kid, wrapped) => Uint8Array.from(Buffer.from(vault.open(wrapped, place(kid)), 'base64url')),
  };
}
