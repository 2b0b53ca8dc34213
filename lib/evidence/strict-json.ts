import { canonicalJson } from '#lib/ledger/canonical';

/** Deeper than any bundle or entry, and far less than either verifier's language can read. */
const deepest = 64;
/** Fractions that ECMAScript and Python write alike. */
const fraction = /^-?(?:0|[1-9]\d{0,14})\.\d*[1-9]$/;

const isPlainNumber = (value: number) =>
  Number.isSafeInteger(value) || (fraction.test(String(value)) && Math.abs(value) >= 1e-4);

function isPlain(value: unknown, numbered: boolean, depth = 0): boolean {
  if (depth > deepest) return false;
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value === 'number') return isPlainNumber(value);
  if (typeof value !== 'object' || value === null) return true;
  // ECMAScript sorts members that are named by a number before all others.
  const named = ([name]: [string, unknown]) => name.isWellFormed() && (numbered || !/^\d+$/.test(name));
  if (!Array.isArray(value) && !Object.entries(value).every(named)) return false;
  return Object.values(value).every((one) => isPlain(one, numbered, depth + 1));
}

/**
 * Reads JSON only where its text is the one that its writer makes of the value. A member that stands twice, a number in
 * another form or an escape would let two readers see two things; docs/verify_evidence.py refuses the same.
 * @param by `ledger` for a text of the ledger, with sorted members; `bundle` for that of a bundle
 * @throws SyntaxError where the text has another spelling
 */
export function readStrictJson(text: string, by: 'ledger' | 'bundle'): unknown {
  const value: unknown = JSON.parse(text);
  if (!isPlain(value, by === 'ledger')) throw new SyntaxError('a value of no bundle');
  if ((by === 'ledger' ? canonicalJson(value) : JSON.stringify(value)) !== text)
    throw new SyntaxError('JSON in another spelling');
  return value;
}
