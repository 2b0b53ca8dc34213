import { z } from 'zod';
import { limitRate } from '#lib/api-keys/rate-limit';
import type { Context } from '#lib/context';
import { AppError } from '#lib/errors';

/** A browser's report has about one kilobyte, and a batch of them a few. */
const largestReport = 16 * 1024;
/** Reports of one batch that count. */
const mostReports = 20;

const text = z.string().max(4_000);
/** CSP Level 3 §5.3: the body of `application/csp-report`. */
const legacyReport = z.object({
  'csp-report': z.object({
    'document-uri': text,
    'blocked-uri': text.optional(),
    'violated-directive': text.optional(),
    'effective-directive': text.optional(),
  }),
});
/** Reporting API §3.2 and CSP Level 3 §5.1: the body of `application/reports+json`. */
const batch = z.array(
  z.object({
    type: text,
    body: z
      .object({ documentURL: text, blockedURL: text.nullish(), effectiveDirective: text.optional() })
      .optional()
      .catch(undefined),
  }),
);

const reportTypes: ReadonlySet<string> = new Set(['csp-violation', 'integrity-violation']);

interface Violation {
  document: string;
  directive: string;
  blocked: string;
}

function violationsOf(contentType: string, body: unknown): Violation[] {
  if (contentType === 'application/csp-report') {
    const report = legacyReport.parse(body)['csp-report'];
    const directive = report['effective-directive'] ?? report['violated-directive'] ?? '';
    return [{ document: report['document-uri'], directive, blocked: report['blocked-uri'] ?? '' }];
  }
  return batch
    .parse(body)
    .slice(0, mostReports)
    .flatMap(({ type, body: violation }) =>
      violation && reportTypes.has(type)
        ? [
            {
              document: violation.documentURL,
              // W3C Subresource Integrity §3.7: a script without integrity was blocked.
              directive: type === 'integrity-violation' ? 'script-src-elem' : (violation.effectiveDirective ?? ''),
              blocked: violation.blockedURL ?? '',
            },
          ]
        : [],
    );
}

/**
 * The code of a violation, of a closed list: nothing else of a report is kept, since anybody may send one. Null where it
 * is about a page of another origin, or about an extension of the browser.
 */
function codeOf(ctx: Context, { document, directive, blocked }: Violation): string | null {
  if (URL.parse(document)?.origin !== ctx.config.appUrl.origin) return null;
  if (/^[a-z-]*extension\b/i.test(blocked)) return null;
  if (!/^script-src(?:-elem|-attr)?\b/.test(directive)) return 'content_blocked';
  if (/^(?:inline|eval|wasm-eval|self)?$/.test(blocked))
    return blocked.endsWith('eval') ? 'script_eval' : 'script_inline';
  return 'script_foreign';
}

/**
 * POST /policy-report: counts what browsers report, folded by code and network as refusals are, and answers 204.
 * @throws AppError `rate_limited`, `body_too_large`, `invalid_request`
 */
export async function handlePolicyReport(ctx: Context, request: Request): Promise<Response> {
  await limitRate({ ...ctx, actor: { type: 'anonymous' } }, 'policy_report');
  const contentType = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (!['application/csp-report', 'application/reports+json'].includes(contentType))
    throw new AppError('invalid_request');
  const body = await request.text();
  if (body.length > largestReport) throw new AppError('body_too_large');
  let violations: Violation[];
  try {
    violations = violationsOf(contentType, JSON.parse(body));
  } catch (cause) {
    throw new AppError('invalid_request', { cause });
  }
  for (const violation of violations) {
    const code = codeOf(ctx, violation);
    if (code !== null) ctx.refusals.addReport(ctx, code);
  }
  return new Response(null, { status: 204, headers: { 'Cache-Control': 'no-store' } });
}
