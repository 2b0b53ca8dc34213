import { Readable } from 'node:stream';
import { recordCheckpointExport } from '#lib/audit/export-checkpoint';
import { type ExportedRow, exportFormats, exportLedger } from '#lib/audit/export-ledger';
import { type NamedRow, namedColumns, withNames } from '#lib/audit/export-names';
import { type LedgerFilter, ledgerFilterNames, readLedgerFilter } from '#lib/audit/ledger-filter';
import type { Context } from '#lib/context';
import { noteFailure } from '#lib/door/note-failure';
import { refusalPage, seeOther } from '#lib/door/oauth-answers';
import { AppError, toAppError } from '#lib/errors';
import { inChunks } from '#lib/export/chunks';
import { csvOf } from '#lib/export/csv';
import { isZone } from '#lib/wall-time';
import { attachment } from '#lib/web/attachment';
import { requireSameOrigin } from '#lib/web/origin';
import { safeReturnTo } from '#lib/web/return-to';

/** Cells of a CSV file; `details` is JSON. */
async function* flat(rows: AsyncIterable<NamedRow>) {
  for await (const row of rows) yield { ...row, details: JSON.stringify(row.details) };
}

async function* lines(rows: AsyncIterable<ExportedRow>) {
  for await (const row of rows) yield `${JSON.stringify(row)}\n`;
}

/** Back to the page with what was wrong, since a form posted this and not a program. */
function backTo(page: string, ctx: Context, thrown: unknown, filters: Record<string, string> = {}): Response {
  const error = toAppError(thrown);
  noteFailure('ledger_file_failed', error, ctx);
  // The page would meet the same fault.
  if (error.status === 503) return refusalPage(error, ctx.requestId);
  if (['wrong_origin', 'unauthenticated', 'forbidden'].includes(error.code)) ctx.refusals.add(ctx, error.code);
  return seeOther(`${page}?${new URLSearchParams({ ...filters, flow: error.code, ref: ctx.requestId })}`);
}

const stamp = (at: Date) => at.toISOString().slice(0, 19).replaceAll(/[-:]/g, '');

/** The range of a file in its name, in UTC: `20261122T000000Z-20261129T090412Z`. */
function spanOf({ from, to }: LedgerFilter, now: Date): string {
  const end = `${stamp(to && to < now ? to : now)}Z`;
  return from ? `${stamp(from)}Z-${end}` : `until-${end}`;
}

/** Text fields of a form. @throws AppError `invalid_request` */
async function fieldsOf(request: Request): Promise<Record<string, string>> {
  const form = await request.formData().catch((cause: unknown) => {
    throw new AppError('invalid_request', { cause });
  });
  return Object.fromEntries([...form].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
}

/** Answers the rows that the list's filters leave as a file, which is made while it is read. */
export async function handleLedgerExport(ctx: Context, request: Request): Promise<Response> {
  const page = '/admin/ledger';
  let filters: Record<string, string> = {};
  try {
    requireSameOrigin(ctx.config, request.headers);
    const { format: wanted = '', ...fields } = await fieldsOf(request);
    const format = exportFormats.find((one) => one === wanted);
    if (!format) throw new AppError('invalid_request');
    // They may come back in an address.
    const kept = ledgerFilterNames.map((name) => [name, fields[name]?.slice(0, 200)]);
    filters = Object.fromEntries(kept.filter(([, text]) => text));
    const reader = { zone: isZone(fields.reader_zone) ? fields.reader_zone : 'UTC', now: ctx.now() };
    const filter = readLedgerFilter(fields, reader);
    const rows = await exportLedger(ctx, { ...filter, format });
    const name = `ledger-${spanOf(filter, ctx.now())}.${format}`;
    return format === 'csv'
      ? attachment(csvOf(namedColumns, flat(withNames(ctx, rows))), name, 'text/csv; charset=utf-8')
      : attachment(
          Readable.from(inChunks(lines(rows)), { objectMode: false }),
          name,
          'application/jsonl; charset=utf-8',
        );
  } catch (error) {
    return backTo(page, ctx, error, filters);
  }
}

/** Answers a checkpoint as a file; where it cannot, it leads back to the page that asked. */
export async function handleCheckpoint(ctx: Context, request: Request): Promise<Response> {
  let page = '/admin/ledger/seals';
  try {
    requireSameOrigin(ctx.config, request.headers);
    const { return_to: asked = '' } = await fieldsOf(request);
    if (asked.startsWith('/admin/alerts/')) page = safeReturnTo(asked).split('?')[0] ?? page;
    const text = await recordCheckpointExport(ctx);
    return attachment(text, `ledger-checkpoint-${stamp(ctx.now())}.txt`, 'text/plain; charset=utf-8');
  } catch (error) {
    return backTo(page, ctx, error);
  }
}
