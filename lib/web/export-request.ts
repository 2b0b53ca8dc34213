import { exportBulkRevocation } from '#lib/bulk-revocation/export';
import type { Context } from '#lib/context';
import { noteFailure } from '#lib/door/note-failure';
import { refusalPage, seeOther } from '#lib/door/oauth-answers';
import { AppError, toAppError } from '#lib/errors';
import { attachment } from '#lib/web/attachment';
import { requireSameOrigin } from '#lib/web/origin';

/**
 * Answers a form that asks for a bulk revocation as a file. A POST, since it goes into the ledger. A refusal goes back
 * to the page with its code, as a form without scripts can show it.
 */
export async function handleBulkExport(ctx: Context, request: Request, id: string): Promise<Response> {
  try {
    requireSameOrigin(ctx.config, request.headers);
    const form = await request.formData().catch((cause: unknown) => {
      throw new AppError('invalid_request', { cause });
    });
    const format = form.get('format');
    const { name, type, body } = await exportBulkRevocation(ctx, { id, format: format === 'json' ? 'json' : 'csv' });
    return attachment(body, name, type);
  } catch (thrown) {
    const error = toAppError(thrown);
    noteFailure('export_failed', error, ctx);
    // The page would meet the same fault, and a form cannot tell a redirect from a success.
    if (error.status === 503) return refusalPage(error, ctx.requestId);
    if (error.status < 500) ctx.refusals.add(ctx, error.code);
    const page = `/admin/revocations/${encodeURIComponent(id)}`;
    return seeOther(`${page}?${new URLSearchParams({ flow: error.code, ref: ctx.requestId })}`);
  }
}
