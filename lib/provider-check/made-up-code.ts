import { randomBytes } from 'node:crypto';
import { checkCallback } from '#lib/oauth/check-callback';
import { exchangeCode } from '#lib/oauth/exchange-code';
import { isOAuthError, type OAuthError } from '#lib/oauth/types';
import type { ResolvedProbe } from '#lib/provider-check/probe';
import { Secret } from '#lib/providers/secret';

/** Nothing that a server ever issued. */
export const madeUp = (): string => `check-${randomBytes(24).toString('base64url')}`;

/** An issuer that the record takes: of a server for many tenants, that of one of them. */
const issuerOf = ({ provider: { tenant_issuer }, pinned }: ResolvedProbe): string =>
  tenant_issuer ? tenant_issuer.template.replace(/\{\w+\}/, tenant_issuer.tenants?.[0] ?? 'any') : pinned.issuer;

/** The product's own exchange, of a code that no server issued. @throws OAuthError, as it should */
async function exchangeMadeUpCode(probe: ResolvedProbe): Promise<void> {
  const { provider, pinned, redirectUri, parts } = probe;
  const state = madeUp();
  const answer = new URL(redirectUri);
  answer.search = new URLSearchParams({ [provider.code_field]: madeUp(), state, iss: issuerOf(probe) }).toString();
  const checked = checkCallback(provider, pinned, answer, { state });
  const exchange = {
    verifier: provider.dangerously_without_pkce ? null : randomBytes(32).toString('base64url'),
    nonce: madeUp(),
    redirectUri,
    scopes: provider.scopes,
    accountParams: parts,
  };
  const received = (tokens: ResolvedProbe['received'][number]) => void probe.received.push(tokens);
  await exchangeCode(provider, pinned, checked, exchange, { ...probe.deps, received });
}

/** The refusal of a made-up code, as it should be; null where the server gave tokens. */
export async function refusalOf(probe: ResolvedProbe): Promise<OAuthError | null> {
  try {
    await exchangeMadeUpCode(probe);
  } catch (error) {
    if (!isOAuthError(error)) throw error;
    if (probe.received.length === 0) return error;
  }
  return null;
}

/** Whether the server refuses a made-up code before it looks at the client: then the refusal does not speak of the client. */
export async function looksAtTheCodeFirst(probe: ResolvedProbe): Promise<boolean> {
  const { provider, pinned } = probe;
  const method = pinned.token_endpoint_auth_method ?? provider.token_endpoint_auth_method;
  if (method !== 'client_secret_basic' && method !== 'client_secret_post') return false;
  const stranger = { ...provider, client_secret: new Secret(madeUp()), client_secret_previous: null };
  return (await refusalOf({ ...probe, provider: stranger }))?.code === 'invalid_grant';
}

/** Other ways to show the same id and secret, as lines of a record. */
const otherWays = {
  client_secret_basic: [{ client_id_in_body: true }, { token_endpoint_auth_method: 'client_secret_post' }],
  client_secret_post: [{ token_endpoint_auth_method: 'client_secret_basic' }],
} as const;

/** The line of the record by which the server knows the client that it refused; undefined: no other way helps. */
export async function lineThatHelps(probe: ResolvedProbe): Promise<string | undefined> {
  const { token_endpoint_auth_method: fromMetadata, ...pinned } = probe.pinned;
  const method = fromMetadata ?? probe.provider.token_endpoint_auth_method;
  if (method !== 'client_secret_basic' && method !== 'client_secret_post') return undefined;
  for (const lines of otherWays[method]) {
    const other = { ...probe, pinned, provider: { ...probe.provider, ...lines } };
    const knows = (await refusalOf(other))?.code === 'invalid_grant' && !(await looksAtTheCodeFirst(other));
    if (knows) return JSON.stringify(lines).slice(1, -1).replace(':', ': ');
  }
  return undefined;
}
