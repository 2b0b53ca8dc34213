import type { AppError } from '#lib/errors';
import { retryAfterOf } from '#lib/http/problem';

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => escapes[character] ?? '');

/** Its style and icon, and nothing else. */
const policy =
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * A page for an answer that was refused and belongs to nobody's card: written without the app's components, since a
 * route handler must answer it with a 4xx of its own. Its style is `public/plain.css`; it runs no script.
 */
export function refusalPage(error: AppError, reference: string): Response {
  const headers = new Headers({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'content-security-policy': policy,
  });
  const seconds = retryAfterOf(error);
  if (seconds !== undefined) headers.set('retry-after', String(seconds));
  const html = `<!doctype html>
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
<h1>This was not done</h1>
<p>${escapeHtml(error.message)}</p>
<p><a href="/connections">Go to your connections</a></p>
<p class="reference">Reference <code>${escapeHtml(reference)}</code> · <code>${escapeHtml(error.code)}</code></p>
</main>
</body>
</html>
`;
  return new Response(html, { status: error.status, headers });
}

/** 303 with an empty body (RFC 9700 §4.12: never 307, which would send a form's fields along). */
export function seeOther(location: string): Response {
  return new Response(null, {
    status: 303,
    headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
  });
}
