import { handleConnectionsExport } from '#lib/web/connections-file';
import { answerWith } from '#lib/web/web-route';

/** Answers the connections that are not revoked as a file; with their tokens only to a public key. */
export async function POST(request: Request): Promise<Response> {
  return answerWith((ctx) => handleConnectionsExport(ctx, request));
}
