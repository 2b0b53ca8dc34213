import type { AppError } from '#lib/errors';
import { retryAfterOf } from '#lib/http/problem';

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => escapes[character] ?? '');

/** Its style and icon, and nothing else. */
const policy =
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

interface PlainPage {
  heading?: string;
  /** Whether asking once more for the same address makes sense; not where a form sent something there. */
  again?: boolean;
}

/**
 * A page for an answer that was refused and belongs to nobody's card: written without the app's components, since a
 * route handler must answer it with a status of its own. Its style is `public/plain.css`; it runs no script.
 */
export function refusalParts(
  error: AppError,
  reference: string,
  { heading = 'This was not done', again = false }: PlainPage = {},
) {
  const seconds = retryAfterOf(error);
  const headers: Record<string, string> = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'content-security-policy': policy,
    ...(seconds === undefined ? {} : { 'retry-after': String(seconds) }),
  };
  // An empty reference is the page's own address, whatever that is.
  const retry = again ? '<p><a href="">Try again</a></p>\n' : '';
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Not done · Grantkeep</title>
<link rel="stylesheet" href="/plain.css">
<link rel="icon" href="/icon.svg">
</head>
<body>
<main>
<h1>${escapeHtml(heading)}</h1>
<p>${escapeHtml(error.message)}</p>
${retry}<p><a href="/connections">Go to your connections</a></p>
<p class="reference">Reference <code>${escapeHtml(reference)}</code> · <code>${escapeHtml(error.code)}</code></p>
</main>
</body>
</html>
`;
  return { status: error.status, headers, body };
}

/** The same as the web's answer. */
export function refusalPage(error: AppError, reference: string): Response {
  const { body, ...init } = refusalParts(error, reference);
  return new Response(body, init);
}

/** 303 with an empty body (RFC 9700 §4.12: never 307, which would send a form's fields along). */
export function seeOther(location: string): Response {
  return new Response(null, {
    status: 303,
    headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
  });
}
