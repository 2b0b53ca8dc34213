import { answerLogo } from '#lib/web/application-look';
import { answerWith } from '#lib/web/web-route';

/** The logo of an application, for the pages that name it. */
export async function GET(_request: Request, { params }: { params: Promise<{ id: string }> }): Promise<Response> {
  const { id } = await params;
  return answerWith((ctx) => answerLogo(ctx, id));
}
