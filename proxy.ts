import { randomBytes } from 'node:crypto';
import { type NextRequest, NextResponse } from 'next/server';
import { getConfig } from '#lib/config/config';
import { alwaysHeaders, pageHeaders } from '#lib/door/security-headers';
import { pathHeader } from '#ui/path-header';

const loopbackOrigins = ['http://localhost:*', 'http://127.0.0.1:*'];

/** Gives each page a nonce of its own and the headers that go with it. Who may see the page is decided by the page. */
export function proxy(request: NextRequest): NextResponse {
  const config = getConfig();
  // The two ends of a flow are no pages: their routes say what else belongs on their answers.
  if (/^\/oauth\/(?:start|callback(?:\/[^/]+)?)$/.test(request.nextUrl.pathname))
    return withHeaders(NextResponse.next(), alwaysHeaders(config));
  const nonce = randomBytes(18).toString('base64url');
  // The flow of a connect session may lead to an application on the developer's own machine, without a page between. So may
  // a reconnect that is begun on the page of somebody's connections.
  const toApplications = /^\/connect-session(?:\/manage\/[^/]+)?$/.test(request.nextUrl.pathname)
    ? loopbackOrigins
    : [];
  const headers = pageHeaders(config, nonce, toApplications);
  // The secret of a link stands in its query: what the page loads, and its form, must not repeat it for a proxy's log. Unlike
  // `no-referrer` this leaves the Origin of the form.
  if (request.nextUrl.pathname === '/connect-session') headers['Referrer-Policy'] = 'strict-origin';
  // Next reads the nonce from the policy on the request and puts it on its own scripts and styles.
  const forwarded = new Headers(request.headers);
  forwarded.set('Content-Security-Policy', String(headers['Content-Security-Policy']));
  forwarded.set(pathHeader, request.nextUrl.pathname + request.nextUrl.search);
  return withHeaders(NextResponse.next({ request: { headers: forwarded } }), headers);
}

function withHeaders(response: NextResponse, headers: Record<string, string>): NextResponse {
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
  return response;
}

export const config = {
  // Files with a hash in their name carry no markup; server.ts puts the headers of every answer on them. The machine API
  // puts them on its own answers.
  matcher: ['/((?!_next/static/|_next/image|icon\\.svg|api/v1/).*)'],
};
