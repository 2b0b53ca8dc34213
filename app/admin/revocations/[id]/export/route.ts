import { handleBulkExport } from '#lib/http/export-request';
import { webContext } from '#lib/http/web-context';

/** What became of each connection, as CSV or JSON. */
export async function POST(request: Request, { params }: { params: Promise<{ id: string }> }): Promise<Response> {
  const { id } = await params;
  return handleBulkExport(await webContext(), request, id);
}
