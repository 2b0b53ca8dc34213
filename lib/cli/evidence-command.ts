import { readFileSync } from 'node:fs';
import { type Invocation, UsageError } from '#lib/cli/invocation';
import type { EvidenceBundle } from '#lib/evidence/bundle';
import { type EvidenceReport, verifyEvidence } from '#lib/evidence/verify';

type EvidenceInvocation = Extract<Invocation, { kind: 'evidence' }>;

/**
 * Verifies a bundle, and answers the result or the page in it.
 * @throws UsageError where the file cannot be read
 */
export function readEvidence({ act, file, key }: EvidenceInvocation): { report: EvidenceReport; page: string | null } {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new UsageError(`The bundle ${file} cannot be read.`, { cause });
  }
  const report = verifyEvidence(bytes, key);
  if (!report.ok || act === 'verify') return { report, page: null };
  const { bundle } = JSON.parse(bytes.toString()) as { bundle: EvidenceBundle };
  return { report, page: bundle.report_html };
}
