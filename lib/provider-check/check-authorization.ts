import { buildAuthorizationUrl, createFlowSecrets } from '#lib/oauth/authorization-request';
import { errorToken } from '#lib/oauth/oauth-error';
import { callProvider, readText } from '#lib/oauth/provider-call';
import { pushAuthorization, pushes } from '#lib/oauth/push-authorization';
import { failureWords } from '#lib/provider-check/failure-words';
import type { ResolvedProbe } from '#lib/provider-check/probe';
import type { Finding } from '#lib/provider-check/report';

/** Codes of refusals that servers write onto pages of their own: the redirect URI cannot be trusted with them. */
export const refusals =
  /\b(redirect_uri_mismatch|invalid_redirect_uri|redirect_uri_not_allowed|invalid_client|unauthorized_client|invalid_scope)\b/;

/** Answers that only say that there is no signed-in person. */
const needsPerson = new Set([
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
]);

const registered = (uri: string) => `Register ${uri} in the console of the provider, letter by letter.`;

/** The advice about a code that came back on the redirect. */
function mendFor(code: string): string {
  if (code === 'invalid_scope')
    return 'Compare the scopes of the record with the scopes that the application may ask for.';
  if (code === 'unauthorized_client') return 'Allow the authorization code grant for the application in the console.';
  return 'Compare authorization_params and scopes of the record with the documentation of the provider.';
}

/** How the authorization endpoint answered; the text of a page, where it did not redirect. */
export interface AuthorizationAnswer {
  status: number;
  location: URL | null;
  text: string;
}

/** The request of a browser without cookies. Nothing is begun by it: the server asks the person first. */
export async function askAuthorization(probe: ResolvedProbe): Promise<AuthorizationAnswer & { url: URL }> {
  const { state, nonce, challenge } = createFlowSecrets();
  const { provider, pinned, parts, redirectUri } = probe;
  const request = {
    redirectUri,
    state,
    nonce,
    codeChallenge: challenge,
    scopes: provider.scopes,
    accountParams: parts,
  };
  const built = buildAuthorizationUrl(provider, pinned, request);
  const url = pushes(pinned) ? await pushAuthorization(provider, pinned, built, probe.deps) : built;
  const deps = {
    ...probe.deps,
    fetch: async (input: string | URL, init: RequestInit & { operatorHosts: readonly string[] }) => {
      const response = await probe.fetch(input, { ...init, showRedirect: true });
      // `callProvider` takes a redirect for a fault; here it is the hoped-for answer.
      const { status } = response;
      if (status < 300 || status >= 400) return response;
      const location = response.headers.get('location') ?? '';
      return new Response(null, { status: 200, headers: { location, 'x-status': String(status) } });
    },
  };
  const response = await callProvider(provider, url, { headers: { accept: 'text/html' } }, deps);
  const location = response.headers.get('location');
  if (location !== null)
    return { url, status: Number(response.headers.get('x-status')), location: URL.parse(location, url), text: '' };
  return { url, status: response.status, location: null, text: await readText(response) };
}

function fromRedirect(location: URL, redirectUri: string): Finding[] {
  const base = { check: 'redirect_uri', lookedAt: redirectUri } as const;
  const home = new URL(redirectUri);
  const came = location.origin === home.origin && location.pathname === home.pathname;
  const code = errorToken(location.searchParams.get('error') ?? location.searchParams.get('authError')) ?? null;
  const took: Finding = { ...base, result: 'passes', found: 'The server takes this redirect URI.' };
  if (came && code !== null && !needsPerson.has(code))
    return [
      took,
      {
        check: 'authorization_endpoint',
        result: 'fails',
        lookedAt: 'answer on the redirect',
        found: `The server refuses the authorization request with ${code}.`,
        mend: mendFor(code),
      },
    ];
  if (came) return [took];
  const errorPage = code !== null || /(^|\/)error(\/|$)/i.test(location.pathname);
  if (errorPage || location.searchParams.has('authError'))
    return [
      {
        ...base,
        result: 'fails',
        found: `The server sends the browser to an error page of its own at ${location.host}.`,
        mend: registered(redirectUri),
      },
    ];
  return [
    { ...base, result: 'passes', found: `The server took the request and sends the browser on to ${location.host}.` },
  ];
}

function fromPage({ status, text }: AuthorizationAnswer, redirectUri: string): Finding {
  const base = { check: 'redirect_uri', lookedAt: redirectUri } as const;
  const code = refusals.exec(text)?.[1] ?? (/redirect[_ ]ur[il]/i.test(text) ? 'a word on the redirect URI' : null);
  if (status >= 400)
    return {
      ...base,
      result: 'fails',
      found: `The server refuses the authorization request with status ${status}${code ? ` and ${code}` : ''}.`,
      mend: `${registered(redirectUri)} Compare client_id and scopes, too.`,
    };
  return {
    ...base,
    result: 'unknown',
    found: `The server answers with a page. ${code ? `The page has ${code} in it. ` : ''}Only a person can see whether it asks to sign in.`,
    mend: `Connect as yourself on the page of the provider. ${registered(redirectUri)}`,
  };
}

/** The authorization request as browsers are sent with it, and what the server makes of its redirect URI. */
export async function checkAuthorization(probe: ResolvedProbe): Promise<Finding[]> {
  const lookedAt = probe.pinned.authorization_endpoint;
  const base = { check: 'authorization_endpoint', lookedAt } as const;
  try {
    const seen = await askAuthorization(probe);
    if (seen.status === 404 || seen.status === 405) {
      const mend = 'Correct authorization_endpoint in the record.';
      return [{ ...base, result: 'fails', found: `There is no such page (status ${seen.status}).`, mend }];
    }
    const answers: Finding = { ...base, result: 'passes', found: `The endpoint answers (status ${seen.status}).` };
    const rest = seen.location ? fromRedirect(seen.location, probe.redirectUri) : [fromPage(seen, probe.redirectUri)];
    return rest.some(({ check }) => check === 'authorization_endpoint') ? rest : [answers, ...rest];
  } catch (error) {
    return [{ ...base, result: 'fails', ...failureWords(error) }];
  }
}
