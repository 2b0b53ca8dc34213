import { handleLedgerExport } from '#lib/web/ledger-files';
import { answerWith } from '#lib/web/web-route';

/** Answers the entries that the list's filters leave as a file. */
export async function POST(request: Request): Promise<Response> {
  return answerWith((ctx) => handleLedgerExport(ctx, request));
}
