import { handleBulkExport } from '#lib/web/export-request';
import { answerWith } from '#lib/web/web-route';

/** What became of each connection, as CSV or JSON. */
export async function POST(request: Request, { params }: { params: Promise<{ id: string }> }): Promise<Response> {
  const { id } = await params;
  return answerWith((ctx) => handleBulkExport(ctx, request, id));
}
