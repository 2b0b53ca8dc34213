import { canonicalJson } from '#lib/ledger/canonical';
import { leafHash } from '#lib/ledger/merkle';

/** The rows of one month within a batch: so many, and the root of their Merkle tree in base64. */
export interface SealPart {
  month: string;
  rows: number;
  root: string;
}

/**
 * The statement of a seal. Its batch is every row with a position of at least `from` and below `to`: no row is in two,
 * or in none.
 */
export interface SealStatement {
  /** 1, 2, 3 and so on without a gap. */
  n: number;
  /** The row encoding. */
  encoding: number;
  from: number;
  to: number;
  /** By month, so that a month can be dropped and the rest of a batch still be checked. */
  parts: readonly SealPart[];
  /** Months with rows that were removed, on purpose, since the seal before. */
  dropped: readonly string[];
  /** `sealHash` of the seal before, in base64; empty for the first. */
  previous: string;
  sealedAt: Date;
  keyId: string;
}

/** The text that is signed and hashed, in UTF-8: a JSON array without white space. Never to be changed for its number. */
export function encodeSeal(seal: SealStatement): string {
  return canonicalJson([
    'grantkeep/ledger/seal/1',
    seal.n,
    seal.encoding,
    seal.from,
    seal.to,
    seal.parts.map(({ month, rows, root }) => [month, rows, root]),
    seal.dropped,
    seal.previous,
    seal.sealedAt.getTime(),
    seal.keyId,
  ]);
}

/** The leaf hash of a seal: the next one names it as its predecessor, and the tree of checkpoints has it as a leaf. */
export function sealHash(seal: SealStatement): Buffer {
  return leafHash(encodeSeal(seal));
}
