import { hash } from 'node:crypto';
import { z } from 'zod';
import { actorId } from '#lib/actor';
import { ledgerOrigin } from '#lib/audit/check-checkpoints';
import { listLedgerKeys } from '#lib/audit/list-ledger-keys';
import { sealLedger } from '#lib/audit/seal-ledger';
import type { Context } from '#lib/context';
import { databaseNow } from '#lib/db/clock';
import { AppError } from '#lib/errors';
import { createBudget } from '#lib/evidence/budget';
import { bundleFormat, type EvidenceBundle } from '#lib/evidence/bundle';
import { citeEntries } from '#lib/evidence/cite-entries';
import { collectEvidence } from '#lib/evidence/collect';
import { writeEnvelope } from '#lib/evidence/envelope';
import type { EvidenceStep } from '#lib/evidence/progress';
import { reportHtml } from '#lib/evidence/report-html';
import { requireReader } from '#lib/guards/require';
import { writeCheckpoint } from '#lib/ledger/checkpoint';
import { record } from '#lib/ledger/record';
import { createSigningKeys } from '#lib/ledger/signing-keys';
import { parseInput } from '#lib/parse-input';
import { requireStepUp } from '#lib/sign-in/step-up';
import { transactAs } from '#lib/sign-in/transact-as';

const longestMs = 366 * 86_400_000;
/** Of a bundle. A string of Node holds half a gigabyte. */
export const mostBytes = 256 * 1024 * 1024;

export const exportEvidenceInput = z
  .object({ from: z.coerce.date(), to: z.coerce.date() })
  .refine(({ from, to }) => from < to, { path: ['to'], message: 'must be after from' })
  .refine(({ from, to }) => to.getTime() - from.getTime() <= longestMs, {
    path: ['from'],
    message: 'must lie at most a year before to',
  });
export type ExportEvidenceInput = z.input<typeof exportEvidenceInput>;

/** A bundle as a file, and the page in it. */
export interface EvidenceFile {
  file: string;
  report: string;
}

/** Is told the rows of a section as they are read. */
export type TellProgress = (step: EvidenceStep, rows: number) => void;

/**
 * Makes the signed bundle of a period, with an entry that tells who took it and what it was. Like every export it needs a
 * sign-in of the last minutes. A period that is not over ends now.
 * @param tell is told how far it is, as is the log (`evidence_progress`)
 * @throws AppError `unauthenticated`, `forbidden`, `step_up_required`, `invalid_request`, `evidence_too_large`
 */
export async function exportEvidence(
  ctx: Context,
  input: ExportEvidenceInput,
  tell: TellProgress = () => {},
): Promise<EvidenceFile> {
  requireReader(ctx);
  const { from, to: until } = parseInput(exportEvidenceInput, input);
  const { proof } = await requireStepUp(ctx);
  // What comes later is unknown: a bundle must not be shown as one of a period that was not over. Moments of rows are
  // rounded to the millisecond, some upwards: what was written just before is within.
  const now = (await databaseNow(ctx.database.db)).getTime() + 2;
  const to = new Date(Math.min(until.getTime(), now));
  if (from >= to) throw new AppError('invalid_request', { issues: [{ path: 'from', message: 'must have passed' }] });
  // Entries of the last minute get their seal now, where no transaction holds them back.
  await sealLedger(ctx);
  const budget = createBudget((section, rows) => {
    tell(section, rows);
    if (rows > 0) ctx.log.info({ event: 'evidence_progress', section, rows });
  });
  const { entries, seals, size, root, notSealed, droppedMonths } = await citeEntries(ctx, from, to, budget);
  const keys = createSigningKeys(ctx.config);
  const content: Omit<EvidenceBundle, 'report_html'> = {
    format: bundleFormat,
    hub: ctx.config.appUrl.host,
    from: from.toISOString(),
    to: to.toISOString(),
    made_at: ctx.now().toISOString(),
    made_by: actorId(ctx.actor) ?? '',
    keys: listLedgerKeys(ctx).map(({ key_id, public_key }) => ({ id: key_id, public_key })),
    checkpoint: writeCheckpoint({ origin: ledgerOrigin(ctx), size, root }, keys),
    seals,
    entries,
    left_out: { not_sealed: notSealed, dropped_months: droppedMonths },
    ...(await collectEvidence(ctx, from, to, entries, budget)),
  };
  tell('signature', entries.length);
  const report = reportHtml(content);
  const file = writeEnvelope(JSON.stringify({ ...content, report_html: report }), keys);
  if (Buffer.byteLength(file) > mostBytes) throw new AppError('evidence_too_large');
  const details = {
    from: content.from,
    to: content.to,
    entries: entries.length,
    sha256: hash('sha256', file, 'hex'),
    step_up: proof,
  };
  // It took a while to make: its reader may have been shut out meanwhile.
  await transactAs(ctx, (tx) => record(tx, ctx, { action: 'evidence.exported', details }));
  return { file, report };
}
