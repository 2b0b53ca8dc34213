import { readFileSync } from 'node:fs';
import { type Invocation, UsageError } from '#lib/cli/invocation';
import type { EvidenceBundle } from '#lib/evidence/bundle';
import { reportHtml } from '#lib/evidence/report-html';
import { type EvidenceReport, verifyEvidence } from '#lib/evidence/verify';

type EvidenceInvocation = Extract<Invocation, { kind: 'evidence' }>;

/**
 * The page is made anew: the signer of a bundle may have written anything into its own page, scripts too. Bundles of
 * earlier builds lack some members.
 */
function pageOf(bundle: EvidenceBundle): string {
  const left_out = { ...bundle.left_out, dropped_months: bundle.left_out.dropped_months ?? [] };
  return reportHtml({ ...bundle, left_out, conformance_run: bundle.conformance_run ?? null });
}

/**
 * Verifies a bundle, and answers the result or the page made of it.
 * @throws UsageError where the file cannot be read, or no page can be made of it
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
  try {
    return { report, page: pageOf(bundle) };
  } catch (cause) {
    throw new UsageError(`The bundle ${file} has tables of another form.`, { cause });
  }
}
