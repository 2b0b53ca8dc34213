import { handleCheckpoint } from '#lib/http/ledger-files';
import { webContext } from '#lib/http/web-context';

/** Answers a checkpoint of the ledger as a file. */
export async function POST(request: Request): Promise<Response> {
  return handleCheckpoint(await webContext(), request);
}
