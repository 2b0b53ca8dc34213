import { handleEvidenceExport } from '#lib/web/evidence-file';
import { answerWith } from '#lib/web/web-route';

/** Answers the signed evidence of a period as a file. */
export async function POST(request: Request): Promise<Response> {
  return answerWith((ctx) => handleEvidenceExport(ctx, request));
}
