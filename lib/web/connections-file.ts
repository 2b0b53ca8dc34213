import { Readable } from 'node:stream';
import type { Context } from '#lib/context';
import { noteFailure } from '#lib/door/note-failure';
import { refusalPage, seeOther } from '#lib/door/oauth-answers';
import { AppError, toAppError } from '#lib/errors';
import { inChunks } from '#lib/export/chunks';
import { exportConnections, exportPage } from '#lib/transfer/export-connections';
import { noteExportWritten } from '#lib/transfer/export-written';
import { attachment } from '#lib/web/attachment';
import { requireSameOrigin } from '#lib/web/origin';

const longestKey = 8_192;

/** The public key of the form; undefined where it is empty. @throws AppError `invalid_request` */
async function readKey(request: Request): Promise<Record<string, unknown> | undefined> {
  try {
    const given = (await request.formData()).get('public_key');
    const text = typeof given === 'string' ? given.trim() : '';
    if (text === '') return undefined;
    if (text.length > longestKey) throw new Error('the key is too long');
    const key: unknown = JSON.parse(text);
    if (typeof key !== 'object' || key === null || Array.isArray(key)) throw new Error('no object');
    return key as Record<string, unknown>;
  } catch (cause) {
    throw new AppError('invalid_request', { cause });
  }
}

/** The lines after the first page. Each page looks again who asks, and is an entry of the ledger. */
async function* following(
  ctx: Context,
  first: readonly Record<string, unknown>[],
  publicKey: Record<string, unknown> | undefined,
): AsyncGenerator<string> {
  let rows = 0;
  for (let lines = first; ; ) {
    for (const line of lines) yield `${JSON.stringify(line)}\n`;
    const last = lines.at(-1);
    rows += lines.length;
    if (!last || lines.length < exportPage) return noteExportWritten(ctx, { rows, tokens: publicKey !== undefined });
    lines = await exportConnections(ctx, { after: String(last.connection), ...(publicKey && { publicKey }) });
  }
}

/**
 * Answers a form that asks for the connections as a file of JSON lines, as `grantkeep export` prints them. A later page
 * that fails breaks the download off.
 */
export async function handleConnectionsExport(ctx: Context, request: Request): Promise<Response> {
  try {
    requireSameOrigin(ctx.config, request.headers);
    const publicKey = await readKey(request);
    const first = await exportConnections(ctx, publicKey ? { publicKey } : {});
    const name = `connections-${ctx.now().toISOString().slice(0, 10)}${publicKey ? '-sealed' : ''}.jsonl`;
    return attachment(
      Readable.from(inChunks(following(ctx, first, publicKey)), { objectMode: false }),
      name,
      'application/x-ndjson',
    );
  } catch (thrown) {
    const error = toAppError(thrown);
    noteFailure('connections_file_failed', error, ctx);
    // The page would meet the same fault.
    if (error.status === 503) return refusalPage(error, ctx.requestId);
    if (['wrong_origin', 'unauthenticated', 'forbidden'].includes(error.code)) ctx.refusals.add(ctx, error.code);
    return seeOther(`/admin/evidence?${new URLSearchParams({ flow: error.code, ref: ctx.requestId })}`);
  }
}
