import { answerColours } from '#lib/web/application-look';
import { answerWith } from '#lib/web/web-route';

/** The colours of an application, for the pages that are shown in its name. */
export async function GET(_request: Request, { params }: { params: Promise<{ id: string }> }): Promise<Response> {
  const { id } = await params;
  return answerWith((ctx) => answerColours(ctx, id));
}
