import { hash } from 'node:crypto';

/** A result of a check, as the hub found and kept it. */
interface FoundResult {
  check: string;
  /** Null for a check of the hub itself. */
  provider: string | null;
  result: string;
  lookedAt: string;
  found: string;
}

/**
 * What the ledger's key signs about a run of the checks: the ledger, the run, and a SHA-256 of its results. These are JSON,
 * an array of each, in the order of check and provider; docs/verify_evidence.py makes the same.
 * @param origin the ledger's name in its checkpoints
 */
export function resultsStatement(origin: string, run: string, results: readonly FoundResult[]): string {
  const lines = results.map((one) => [one.check, one.provider ?? '', one.result, one.lookedAt, one.found]);
  const place = ([check, provider]: string[]) => `${check}\n${provider}`;
  const sorted = lines.toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
  return `grantkeep checks ${origin}\nrun ${run}\n${lines.length} results ${hash('sha256', JSON.stringify(sorted))}`;
}
