import { z } from 'zod';
import { isOAuthError, OAuthError } from '#lib/oauth/oauth-error';
import { callProvider, readObject } from '#lib/oauth/provider-call';
import type { CallFor, OAuthDeps } from '#lib/oauth/types';
import { once } from '#lib/registry';

const optionalText = z.string().optional().catch(undefined);

/** What is read of the metadata (RFC 8414 §2, OpenID Connect Discovery §3); members of a wrong type count as absent. */
const metadataSchema = z.object({
  issuer: z.string(),
  authorization_endpoint: optionalText,
  token_endpoint: optionalText,
  revocation_endpoint: optionalText,
  introspection_endpoint: optionalText,
  userinfo_endpoint: optionalText,
  jwks_uri: optionalText,
  authorization_response_iss_parameter_supported: z.boolean().optional().catch(undefined),
  id_token_signing_alg_values_supported: z.array(z.string()).optional().catch(undefined),
});

export type DiscoveredMetadata = Partial<z.infer<typeof metadataSchema>>;

interface Entry {
  metadata: DiscoveredMetadata;
  fetchedAt: number;
}

const lifetimeMs = 3_600_000;

/** Results and running requests; keyed by the fetch in use, of which a process has one. */
interface Cache {
  entries: Map<string, Entry>;
  running: Map<string, Promise<DiscoveredMetadata>>;
}

function cacheOf(deps: OAuthDeps): Cache {
  const caches = once('oauth.discovery', () => new WeakMap<OAuthDeps['fetch'], Cache>());
  const cache = caches.get(deps.fetch) ?? { entries: new Map(), running: new Map() };
  caches.set(deps.fetch, cache);
  return cache;
}

/** RFC 8414 §3.1 puts the well-known part before the issuer's path, OpenID Connect Discovery §4 after it. */
export function metadataUrl(issuer: string, kind: 'oidc' | 'oauth2'): URL {
  const url = new URL(issuer);
  const path = url.pathname.replace(/\/$/, '');
  url.pathname =
    kind === 'oidc' ? `${path}/.well-known/openid-configuration` : `/.well-known/oauth-authorization-server${path}`;
  return url;
}

async function request(
  caller: CallFor,
  issuer: string,
  kind: 'oidc' | 'oauth2',
  deps: OAuthDeps,
): Promise<DiscoveredMetadata> {
  const init = { headers: { accept: 'application/json' } };
  const response = await callProvider(caller, metadataUrl(issuer, kind), init, deps);
  const body = response.ok ? await readObject(response) : null;
  const parsed = metadataSchema.safeParse(body);
  if (!parsed.success) throw new OAuthError('discovery_failed', { detail: `http_${response.status}` });
  // Exactly, as strings: a slash or a letter's case makes another issuer (RFC 8414 §3.3).
  if (parsed.data.issuer !== (caller.tenant_issuer?.template ?? issuer)) throw new OAuthError('discovery_issuer');
  return parsed.data;
}

/** A server whose endpoints move to other hosts is not followed silently: that is how a take-over would look. */
function checkUnmoved(before: DiscoveredMetadata, after: DiscoveredMetadata): void {
  for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri', 'userinfo_endpoint'] as const) {
    const [old, now] = [before[name], after[name]].map((text) => URL.parse(text ?? '')?.host);
    if (old !== undefined && old !== now) throw new OAuthError('discovery_changed', { detail: name });
  }
}

async function refreshEntry(
  caller: CallFor,
  key: string,
  issuer: string,
  kind: 'oidc' | 'oauth2',
  deps: OAuthDeps,
  cache: Cache,
) {
  const held = cache.entries.get(key);
  try {
    const metadata = await request(caller, issuer, kind, deps);
    if (held) checkUnmoved(held.metadata, metadata);
    cache.entries.set(key, { metadata, fetchedAt: deps.now().getTime() });
    return metadata;
  } catch (error) {
    const transient = isOAuthError(error) && error.disposition === 'transient';
    // What was true an hour ago is better than no sign-in while the metadata alone is out of reach.
    if (held && transient) return held.metadata;
    if (transient)
      throw new OAuthError('discovery_failed', { retryAfterSeconds: error.retryAfterSeconds, detail: error.code });
    throw error;
  }
}

/**
 * The metadata of an issuer, kept in memory for an hour; concurrent callers share one request.
 * @throws OAuthError `discovery_failed` (transient), `discovery_issuer`, `discovery_changed`, or that of the call
 */
export async function discoverMetadata(
  caller: CallFor,
  issuer: string,
  kind: 'oidc' | 'oauth2',
  deps: OAuthDeps,
): Promise<DiscoveredMetadata> {
  const cache = cacheOf(deps);
  const key = `${kind} ${issuer} ${caller.tenant_issuer?.template ?? ''}`;
  const held = cache.entries.get(key);
  if (held && deps.now().getTime() - held.fetchedAt < lifetimeMs) return held.metadata;
  const running = cache.running.get(key) ?? refreshEntry(caller, key, issuer, kind, deps, cache);
  cache.running.set(key, running);
  try {
    return await running;
  } finally {
    cache.running.delete(key);
  }
}
