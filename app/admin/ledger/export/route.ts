import { handleLedgerExport } from '#lib/http/ledger-files';
import { answerWith } from '#lib/http/web-route';

/** Answers the entries that the list's filters leave as a file. */
export async function POST(request: Request): Promise<Response> {
  return answerWith((ctx) => handleLedgerExport(ctx, request));
}
