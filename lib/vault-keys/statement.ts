import { ledgerOrigin } from '#lib/audit/check-checkpoints';
import type { Context } from '#lib/context';
import { createSigningKeys } from '#lib/ledger/signing-keys';

/** What the ledger's key signs about a key of the vault. */
export interface KeyStatement extends Record<string, string> {
  /** The signed text: three lines. */
  statement: string;
  /** The key of the ledger that signed it, as `ledger keys` names it. */
  signed_by: string;
  /** Ed25519 (RFC 8032), base64. */
  signature: string;
}

/** Signs that nothing is left under a key: the hub, the fact, and when it was counted. */
export function signNothingLeft(ctx: Context, kid: string, countedAt: Date): KeyStatement {
  const keys = createSigningKeys(ctx.config);
  const statement = `grantkeep vault ${ledgerOrigin(ctx)}\n0 rows under ${kid}\ncounted ${countedAt.toISOString()}`;
  return { statement, signed_by: keys.keyId, signature: keys.sign(statement).toString('base64') };
}
