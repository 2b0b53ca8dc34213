import { type Fault, fault } from '#lib/audit/faults';
import type { SignedSeal } from '#lib/audit/seals';
import { encodeSeal, sealHash } from '#lib/ledger/seal-statement';
import type { SigningKeys } from '#lib/ledger/signing-keys';

/** Checks a seal by itself and against the one before. */
export function checkSeal(seal: SignedSeal, before: SignedSeal | undefined, keys: SigningKeys): Fault[] {
  const expected = (before?.n ?? 0) + 1;
  const signed = keys.verify(seal.keyId, encodeSeal(seal), Buffer.from(seal.signature, 'base64'));
  const faults: Fault[] = [];
  if (seal.n !== expected) faults.push(fault('seal_missing', { seal: expected }));
  if (signed === 'bad') faults.push(fault('seal_changed', { seal: seal.n }));
  if (signed === 'unknown') faults.push(fault('seal_key_unknown', { seal: seal.n }));
  const follows = before
    ? seal.previous === sealHash(before).toString('base64') && seal.from === before.to
    : seal.previous === '' && seal.from === 0;
  if (seal.n === expected && !follows) faults.push(fault('seal_out_of_chain', { seal: seal.n }));
  return faults;
}
