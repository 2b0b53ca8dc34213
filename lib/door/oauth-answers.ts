import { retryAfterOf } from '#lib/door/problem';
import type { AppError } from '#lib/errors';

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => escapes[character] ?? '');

/** Its style and icon, and nothing else. */
const policy =
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const pageHeaders: Record<string, string> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'content-security-policy': policy,
};

interface PlainPage {
  title: string;
  heading: string;
  /** A paragraph each. */
  texts: readonly string[];
  /** Where to go on; the first is what most people want. */
  links: readonly { href: string; words: string }[];
  reference: string;
  code?: string;
}

/** A page without the app's components, since a route handler answers it with a status of its own. It runs no script. */
function plainPage({ title, heading, texts, links, reference, code }: PlainPage): string {
  const paragraphs = texts.map((text) => `<p>${escapeHtml(text)}</p>`);
  const onward = links.map(({ href, words }) => `<p><a href="${escapeHtml(href)}">${escapeHtml(words)}</a></p>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} · Grantkeep</title>
<link rel="stylesheet" href="/plain.css">
<link rel="icon" href="/icon.svg">
</head>
<body>
<main>
<h1>${escapeHtml(heading)}</h1>
${[...paragraphs, ...onward].join('\n')}
<p class="reference">Reference <code>${escapeHtml(reference)}</code>${code ? ` · <code>${escapeHtml(code)}</code>` : ''}</p>
</main>
</body>
</html>
`;
}

interface RefusalWords {
  heading?: string;
  /** Whether asking once more for the same address makes sense; not where a form sent something there. */
  again?: boolean;
  /** Where to begin once more. */
  onward?: { href: string; words: string } | undefined;
}

const toConnections = { href: '/connections', words: 'Go to your connections' };

/** A page for a refused answer that belongs to no card. */
export function refusalParts(
  error: AppError,
  reference: string,
  { heading = 'The request was refused', again = false, onward }: RefusalWords = {},
) {
  const seconds = retryAfterOf(error);
  const headers = { ...pageHeaders, ...(seconds === undefined ? {} : { 'retry-after': String(seconds) }) };
  // An empty reference is the page's own address, whatever that is.
  const retry = again ? [{ href: '', words: 'Try again' }] : [];
  const body = plainPage({
    title: 'Refused',
    heading,
    texts: [error.message],
    links: [...retry, ...(onward ? [onward] : []), toConnections],
    reference,
    code: error.code,
  });
  return { status: error.status, headers, body };
}

/** A page that asks for its own address again in two seconds: the answer is being dealt with. */
export function runningPage(reference: string): Response {
  const body = plainPage({
    title: 'One moment',
    heading: 'One moment',
    texts: ['The hub is dealing with the answer of the provider. This page goes on by itself.'],
    links: [toConnections],
    reference,
  });
  return new Response(body, { status: 200, headers: { ...pageHeaders, refresh: '2' } });
}

/** The same as the web's answer. */
export function refusalPage(error: AppError, reference: string, words: RefusalWords = {}): Response {
  const { body, ...init } = refusalParts(error, reference, words);
  return new Response(body, init);
}

/** 303 with an empty body (RFC 9700 §4.12: never 307, which would send a form's fields along). */
export function seeOther(location: string): Response {
  return new Response(null, {
    status: 303,
    headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
  });
}
