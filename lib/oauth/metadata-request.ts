import { z } from 'zod';
import { OAuthError } from '#lib/oauth/oauth-error';
import { callProvider, readObject } from '#lib/oauth/provider-call';
import { providerText } from '#lib/oauth/provider-text';
import type { CallFor, OAuthDeps } from '#lib/oauth/types';

const optionalText = z.string().min(1).optional().catch(undefined);
/** Some servers write a list of one as its text. */
const optionalTexts = z
  .union([z.array(z.string()), z.string().transform((text) => [text])])
  .optional()
  .catch(undefined);

/**
 * The members of the metadata that are read (RFC 8414 §2, RFC 9126 §5, OpenID Connect Discovery §3); members of a wrong type count
 * as absent.
 */
const metadataSchema = z.object({
  issuer: z.string(),
  authorization_endpoint: optionalText,
  token_endpoint: optionalText,
  revocation_endpoint: optionalText,
  introspection_endpoint: optionalText,
  pushed_authorization_request_endpoint: optionalText,
  require_pushed_authorization_requests: z.boolean().optional().catch(undefined),
  userinfo_endpoint: optionalText,
  jwks_uri: optionalText,
  authorization_response_iss_parameter_supported: z.boolean().optional().catch(undefined),
  id_token_signing_alg_values_supported: optionalTexts,
  token_endpoint_auth_methods_supported: optionalTexts,
});

export type DiscoveredMetadata = Partial<z.infer<typeof metadataSchema>>;

/** OpenID Connect Discovery §4, or RFC 8414 §3. */
export type MetadataKind = 'oidc' | 'oauth2';

const wellKnown = { oidc: 'openid-configuration', oauth2: 'oauth-authorization-server' } as const;

/** RFC 8414 §3.1 puts the well-known part before the issuer's path, OpenID Connect Discovery §4 after it. */
export function metadataUrl(issuer: string, kind: MetadataKind, place = kind === 'oidc' ? 'after' : 'before'): URL {
  const url = new URL(issuer);
  const path = url.pathname.replace(/\/$/, '');
  const part = `/.well-known/${wellKnown[kind]}`;
  url.pathname = place === 'after' ? `${path}${part}` : `${part}${path}`;
  return url;
}

/**
 * Where the metadata of an issuer may be, the standard's own place first: servers with a path in their issuer put it at
 * either end (RFC 8414 §5), and some publish the other document only.
 */
function metadataUrls(issuer: string, kind: MetadataKind): URL[] {
  const other = kind === 'oidc' ? 'before' : 'after';
  const places = [
    metadataUrl(issuer, kind),
    metadataUrl(issuer, kind, other),
    metadataUrl(issuer, kind === 'oidc' ? 'oauth2' : 'oidc'),
  ];
  return [...new Map(places.map((url) => [url.href, url])).values()];
}

/** Redirects that are followed. */
const mostRedirects = 3;
const followed = new Set([301, 302, 303, 307, 308]);

/**
 * GETs a public document and follows redirects that stay on its origin, as servers answer that add a slash. Another origin
 * may be anybody's: it is not followed.
 * @throws OAuthError `discovery_redirected`, or as `callProvider`
 */
export async function getWithinOrigin(
  caller: CallFor,
  url: URL,
  init: RequestInit,
  deps: OAuthDeps,
): Promise<Response> {
  let at = url;
  for (let redirects = 0; ; redirects += 1) {
    const response = await callProvider(caller, at, { ...init, showRedirect: true }, deps);
    if (!followed.has(response.status)) return response;
    const location = response.headers.get('location') ?? '';
    const next = location === '' ? null : URL.parse(location, at);
    const fault = redirects === mostRedirects ? 'too_many' : next?.origin !== url.origin ? 'another_origin' : null;
    if (!next || fault || next.username || next.password) {
      const to = next ? providerText(`${next.origin}${next.pathname}`) : undefined;
      const said = `The metadata at ${at.href} redirects to ${to ?? 'no address'}.`;
      throw new OAuthError('discovery_redirected', { detail: fault ?? 'location', said });
    }
    at = next;
  }
}

/**
 * Whether a failure may only mean that the document is at another of its places: it is absent, a page of the server stands
 * there (single-page applications answer one to any path), or another issuer's document does.
 */
const mayBeElsewhere = (error: unknown): boolean =>
  error instanceof OAuthError && (error.code === 'discovery_issuer' || error.code === 'discovery_absent');

async function readAt(caller: CallFor, url: URL, issuer: string, deps: OAuthDeps, signal: AbortSignal | null) {
  const init = { headers: { accept: 'application/json' }, signal };
  const response = await getWithinOrigin(caller, url, init, deps);
  const body = response.ok ? await readObject(response) : null;
  const parsed = metadataSchema.safeParse(body);
  if (!parsed.success) {
    const why = response.ok ? (body ? 'no_issuer' : 'no_json') : `http_${response.status}`;
    throw new OAuthError('discovery_absent', { detail: why });
  }
  const expected = caller.tenant_issuer?.template ?? issuer;
  // Exactly, as strings: a slash or a letter's case makes another issuer (RFC 8414 §3.3).
  if (parsed.data.issuer !== expected) {
    const seen = providerText(parsed.data.issuer);
    const said = `The metadata at ${url.href} names the issuer ${seen}, and the record ${expected}.`;
    throw new OAuthError('discovery_issuer', { said });
  }
  return parsed.data;
}

/**
 * Asks an issuer for its metadata, at each place where it may be, or where the record says that it is.
 * @throws OAuthError `discovery_failed` (transient), `discovery_issuer`, `discovery_redirected`, or as `callProvider`
 */
export async function requestMetadata(
  caller: CallFor,
  issuer: string,
  kind: MetadataKind,
  deps: OAuthDeps,
  signal: AbortSignal | null = null,
): Promise<DiscoveredMetadata> {
  const failures: OAuthError[] = [];
  const written = caller.metadata_url;
  for (const url of written ? [new URL(written)] : metadataUrls(issuer, kind)) {
    try {
      return await readAt(caller, url, issuer, deps, signal);
    } catch (error) {
      if (!(error instanceof OAuthError) || !mayBeElsewhere(error)) throw error;
      failures.push(error);
    }
  }
  const [first] = failures;
  const named = failures.find(({ code }) => code === 'discovery_issuer');
  if (named) throw named;
  const detail = first?.cause instanceof Error ? first.cause.message : 'absent';
  throw new OAuthError('discovery_failed', { detail });
}
