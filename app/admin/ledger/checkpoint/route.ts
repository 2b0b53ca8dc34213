import { handleCheckpoint } from '#lib/web/ledger-files';
import { answerWith } from '#lib/web/web-route';

/** Answers a checkpoint of the ledger as a file. */
export async function POST(request: Request): Promise<Response> {
  return answerWith((ctx) => handleCheckpoint(ctx, request));
}
