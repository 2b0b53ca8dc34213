import { fillEndpoint } from '#lib/oauth/account-params';
import { OAuthError } from '#lib/oauth/oauth-error';
import { callProvider, readObject, valueAt } from '#lib/oauth/provider-call';
import { isAllowed, pickExtras } from '#lib/oauth/token-answer';
import type {
  AccountParamValues,
  Extras,
  IdentityRule,
  OAuthDeps,
  OAuthProvider,
  PinnedEndpoints,
  TokenSet,
} from '#lib/oauth/types';

/** Which account a grant belongs to. (issuer, subject) is the key; everything else may change. */
export interface Identity {
  issuer: string;
  subject: string;
  /** What a person recognises the account by. */
  label: string;
  email: string | null;
  emailVerified: boolean;
  name: string | null;
  /** What the record's look-ups found. */
  extras: Extras;
}

const invalid = (detail: string) => new OAuthError('identity_invalid', { detail });

async function getWithToken(url: string, token: string, headers: Readonly<Record<string, string>>, deps: OAuthDeps) {
  const init = { headers: { accept: 'application/json', ...headers, authorization: `Bearer ${token}` } };
  return callProvider(deps.fetch, url, init, deps.now());
}

async function lookUp(url: string, token: string, headers: Readonly<Record<string, string>>, deps: OAuthDeps) {
  const response = await getWithToken(url, token, headers, deps);
  const detail = `http_${response.status}`;
  if (response.status === 401) throw new OAuthError('token_rejected', { detail });
  const body = response.ok ? await readObject(response) : null;
  if (!body) throw invalid(detail);
  return body;
}

/** A short text without control characters, from a string or a number; null otherwise. */
function plainText(value: unknown): string | null {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  if (typeof value !== 'string') return null;
  const text = value.replace(/\p{Cc}/gu, '').trim();
  return text === '' ? null : text.slice(0, 255);
}

/** A subject is compared byte by byte, so it is taken as it is or not at all. */
function subjectOf(value: unknown): string {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  if (typeof value === 'string' && value.length > 0 && value.length <= 255 && !/\p{Cc}/u.test(value)) return value;
  throw invalid('subject');
}

/**
 * An address decides who may come in, so it is taken as it is or not at all: one that was shortened or cleaned would be
 * somebody else's.
 */
function emailOf(value: unknown): string | null {
  return typeof value === 'string' && /^[^\s\p{Cc}]{1,320}$/u.test(value) ? value : null;
}

/** Whether the provider's word counts for this address. */
function isHosted({ email_hosted }: IdentityRule, email: string, claims: Record<string, unknown>): boolean {
  if (email_hosted === null) return true;
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
  return email_hosted.domains.includes(domain) || plainText(valueAt(claims, email_hosted.claim)) !== null;
}

interface VerifiedEmail {
  email: string | null;
  emailVerified: boolean;
}

/** The primary verified address of a list, as GitHub gives it; none where the token may not read the list. */
async function primaryEmail(
  url: string,
  token: string,
  provider: OAuthProvider,
  deps: OAuthDeps,
): Promise<VerifiedEmail> {
  const response = await getWithToken(url, token, provider.identity.headers, deps);
  const list: unknown = response.ok ? await response.json().catch(() => null) : null;
  const entries = Array.isArray(list) ? list : [];
  const primary: unknown = entries.find((entry) => valueAt(entry, 'primary') === true);
  const email = emailOf(valueAt(primary, 'email'));
  return { email, emailVerified: email !== null && valueAt(primary, 'verified') === true };
}

/** The claims the record's source gives; userinfo stands in for an ID token that was not asked for. */
async function claimsOf(
  provider: OAuthProvider,
  pinned: PinnedEndpoints,
  tokens: TokenSet,
  deps: OAuthDeps,
  accountParams: AccountParamValues,
): Promise<Record<string, unknown>> {
  const { source, endpoint, endpoint_field, headers } = provider.identity;
  if (source === 'token_answer') return tokens.extras;
  if (source === 'endpoint' && endpoint_field) {
    const url = tokens.extras[endpoint_field];
    // Checked again where it is called: it may come from the database, and others may write there.
    if (typeof url !== 'string' || !provider.url_field_hosts[endpoint_field]) throw invalid('endpoint_field');
    if (!isAllowed(provider, endpoint_field, url)) throw invalid('endpoint_field');
    return lookUp(url, tokens.access_token, headers, deps);
  }
  if (source === 'endpoint' && endpoint) {
    return lookUp(fillEndpoint(provider, endpoint, accountParams), tokens.access_token, headers, deps);
  }
  if (source === 'id_token' && tokens.id_token_claims && tokens.id_token_claims[provider.identity.email ?? 'sub']) {
    return tokens.id_token_claims;
  }
  const idToken = tokens.id_token_claims;
  if (!pinned.userinfo_endpoint) {
    if (idToken) return idToken;
    throw new OAuthError('discovery_incomplete', { detail: 'userinfo_endpoint' });
  }
  const userinfo = await lookUp(pinned.userinfo_endpoint, tokens.access_token, headers, deps);
  // OpenID Connect Core §5.3.2: userinfo about somebody else must not be used.
  if (idToken && userinfo.sub !== idToken.sub) throw invalid('userinfo_subject');
  return { ...idToken, ...userinfo };
}

/**
 * Learns which account the tokens belong to, from the ID token's claims, userinfo or the record's own look-up, and runs
 * the record's look-ups.
 * @throws OAuthError `identity_invalid`, `token_rejected`, `discovery_incomplete`, or a transient one
 */
export async function fetchIdentity(
  provider: OAuthProvider,
  pinned: PinnedEndpoints,
  tokens: TokenSet,
  deps: OAuthDeps,
  accountParams: AccountParamValues = {},
): Promise<Identity> {
  const rule = provider.identity;
  const claims = await claimsOf(provider, pinned, tokens, deps, accountParams);
  const subject = subjectOf(valueAt(claims, rule.subject));
  const verified = rule.email_verified === null ? false : valueAt(claims, rule.email_verified);
  const email = rule.email === null ? null : emailOf(valueAt(claims, rule.email));
  const emails: VerifiedEmail = rule.emails_endpoint
    ? await primaryEmail(
        fillEndpoint(provider, rule.emails_endpoint, accountParams),
        tokens.access_token,
        provider,
        deps,
      )
    : {
        email,
        emailVerified: email !== null && (verified === true || verified === 'true') && isHosted(rule, email, claims),
      };

  const extras: Extras = {};
  for (const { endpoint, fields, headers } of provider.lookups) {
    const body = await lookUp(fillEndpoint(provider, endpoint, accountParams), tokens.access_token, headers, deps);
    for (const [name, path] of Object.entries(fields)) {
      const value = pickExtras(provider, body, [path])[path];
      if (value !== undefined) extras[name] = value;
    }
  }
  const label = rule.label.map((path) => plainText(valueAt(claims, path))).find((text) => text !== null);
  return {
    issuer: rule.issuer ?? pinned.issuer,
    subject,
    label: label ?? emails.email ?? subject,
    ...emails,
    name: rule.name === null ? null : plainText(valueAt(claims, rule.name)),
    extras,
  };
}
