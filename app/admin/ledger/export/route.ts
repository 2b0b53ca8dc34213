import { handleLedgerExport } from '#lib/http/ledger-files';
import { webContext } from '#lib/http/web-context';

/** Answers the entries that the list's filters leave as a file. */
export async function POST(request: Request): Promise<Response> {
  return handleLedgerExport(await webContext(), request);
}
