import type { Context } from '#lib/context';
import { requireReader } from '#lib/guards/require';
import { createSigningKeys, keyFingerprint } from '#lib/ledger/signing-keys';

/** The public half of a key of the ledger. */
export interface LedgerKeyView {
  key_id: string;
  /** 32 bytes in base64, as LEDGER_KEYS takes it after `public:`. */
  public_key: string;
  fingerprint: string;
  /** Whether new seals are signed with it. */
  signs: boolean;
}

/**
 * The keys that this process verifies seals with, the signing ones first.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export function listLedgerKeys(ctx: Context): LedgerKeyView[] {
  requireReader(ctx);
  const keys = createSigningKeys(ctx.config);
  const ids = [
    ...ctx.config.ledgerKeys.map(({ kid }) => kid),
    ...ctx.config.vaultKeys.map(({ kid }) => `vault-${kid}`),
  ];
  return ids.flatMap((key_id): LedgerKeyView[] => {
    const key = keys.publicKey(key_id);
    if (!key) return [];
    const signs = key_id === keys.keyId;
    return [{ key_id, public_key: key.toString('base64'), fingerprint: keyFingerprint(key), signs }];
  });
}
