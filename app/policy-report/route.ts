import { handlePolicyReport } from '#lib/web/policy-report';
import { answerWith } from '#lib/web/web-route';

/** Takes the reports of browsers on what the policy of a page stopped. */
export async function POST(request: Request): Promise<Response> {
  return answerWith((ctx) => handlePolicyReport(ctx, request));
}
