import type { Context } from '#lib/context';
import { noteFailure } from '#lib/door/note-failure';
import { refusalPage, seeOther } from '#lib/door/oauth-answers';
import { AppError, toAppError } from '#lib/errors';
import { exportEvidence, type TellProgress } from '#lib/evidence/export';
import { type EvidenceLine, evidenceProgressType } from '#lib/evidence/progress';
import { attachment } from '#lib/web/attachment';
import { requireSameOrigin } from '#lib/web/origin';

const day = /^\d{4}-\d\d-\d\d$/;
const dayMs = 86_400_000;

interface Asked {
  from: Date;
  to: Date;
  format: string;
  days: [string, string];
}

/** The days that the form names, both of them whole (UTC). @throws AppError `invalid_request` */
async function readForm(request: Request): Promise<Asked> {
  const form = await request.formData().catch((cause: unknown) => {
    throw new AppError('invalid_request', { cause });
  });
  const text = (name: string) => {
    const value = form.get(name);
    return typeof value === 'string' ? value : '';
  };
  const days: [string, string] = [text('from'), text('to')];
  const [from, last] = days.map((one) => Date.parse(day.test(one) ? `${one}T00:00:00Z` : '')) as [number, number];
  if (Number.isNaN(from) || Number.isNaN(last)) throw new AppError('invalid_request');
  return { from: new Date(from), to: new Date(last + dayMs), format: text('format'), days };
}

async function makeFile(ctx: Context, { from, to, format, days }: Asked, tell?: TellProgress) {
  const { file, report } = await exportEvidence(ctx, { from, to }, tell);
  const name = `evidence-${days.join('-to-')}`;
  return format === 'html'
    ? { text: report, name: `${name}.html`, type: 'text/html; charset=utf-8' }
    : { text: file, name: `${name}.json`, type: 'application/json' };
}

/** The fault as it is answered, noted in the log and, where somebody tried what they may not do, in the ledger. */
function noted(ctx: Context, thrown: unknown): AppError {
  const error = toAppError(thrown);
  noteFailure('evidence_file_failed', error, ctx);
  if (['wrong_origin', 'unauthenticated', 'forbidden'].includes(error.code)) ctx.refusals.add(ctx, error.code);
  return error;
}

/** Answers lines that tell how far the file is, and then the file. */
function fileWithProgress(ctx: Context, request: Request): Response {
  const encoder = new TextEncoder();
  let gone = false;
  const body = new ReadableStream<Uint8Array>({
    async start(out) {
      const send = (text: string) => {
        if (!gone) out.enqueue(encoder.encode(text));
      };
      const say = (line: EvidenceLine) => send(`${JSON.stringify(line)}\n`);
      try {
        requireSameOrigin(ctx.config, request.headers);
        const { text, ...of } = await makeFile(ctx, await readForm(request), (step, rows) => say({ step, rows }));
        say({ done: { ...of, bytes: Buffer.byteLength(text) } });
        send(text);
      } catch (thrown) {
        const { code, message } = noted(ctx, thrown);
        say({ refused: { code, message, reference: ctx.requestId } });
      }
      if (!gone) out.close();
    },
    cancel() {
      gone = true;
    },
  });
  return new Response(body, {
    headers: { 'content-type': evidenceProgressType, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
  });
}

/** Answers the evidence of a period as a file: the signed bundle, or its page. A page that asks for it is told how far it is. */
export async function handleEvidenceExport(ctx: Context, request: Request): Promise<Response> {
  if (request.headers.get('accept') === evidenceProgressType) return fileWithProgress(ctx, request);
  try {
    requireSameOrigin(ctx.config, request.headers);
    const { text, name, type } = await makeFile(ctx, await readForm(request));
    return attachment(text, name, type);
  } catch (thrown) {
    const error = noted(ctx, thrown);
    // The page would meet the same fault.
    if (error.status === 503) return refusalPage(error, ctx.requestId);
    return seeOther(`/admin/evidence?${new URLSearchParams({ flow: error.code, ref: ctx.requestId })}`);
  }
}
