import { randomBytes } from 'node:crypto';
import { looksLikeToken } from '#lib/config/secret-field';
import { introspectToken } from '#lib/oauth/introspect-token';
import { lookUp, lookUpRule } from '#lib/oauth/look-up';
import { OAuthError } from '#lib/oauth/oauth-error';
import { valueAt } from '#lib/oauth/provider-call';
import { type Offer, optional, runLookups } from '#lib/oauth/run-lookups';
import { tenantIssuerOf } from '#lib/oauth/tenant-issuer';
import { isAllowed } from '#lib/oauth/token-answer';
import type {
  AccountParamValues,
  Extras,
  IdentityRule,
  OAuthDeps,
  OAuthProvider,
  PinnedEndpoints,
  TokenSet,
} from '#lib/oauth/types';
import { isSubject, plainText } from '#lib/plain-text';

/** Which account a grant belongs to. (issuer, subject) is the key; everything else may change. */
export interface Identity {
  issuer: string;
  subject: string;
  /** The name by which a person recognises the account; null where only the person can say it. */
  label: string | null;
  email: string | null;
  emailVerified: boolean;
  name: string | null;
  /** The findings of the record's look-ups. */
  extras: Extras;
  /** The details that may be found later: `account.label`, and `extras.…` of the record's look-ups. */
  missing: string[];
  /** Lists of which the person chooses an entry. */
  offered: Offer[];
}

const invalid = (detail: string) => new OAuthError('identity_invalid', { detail });

/** A short text without control characters, from a string or a number; null otherwise. */
function plainValue(value: unknown): string | null {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  return typeof value === 'string' ? plainText(value) : null;
}

function subjectOf(value: unknown): string {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  if (typeof value === 'string' && value.length > 0 && value.length <= 255 && isSubject(value)) return value;
  throw invalid('subject');
}

/**
 * An address decides who may come in, so it is taken as it is or not at all: one that was shortened or cleaned would be
 * somebody else's.
 */
function emailOf(value: unknown): string | null {
  return typeof value === 'string' && /^[^\s\p{Cc}\p{Cs}]{1,320}$/u.test(value) ? value : null;
}

/** Whether the provider's word counts for this address. */
function isHosted({ email_hosted }: IdentityRule, email: string, claims: Record<string, unknown>): boolean {
  if (email_hosted === null) return true;
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
  return email_hosted.domains.includes(domain) || plainValue(valueAt(claims, email_hosted.claim)) !== null;
}

interface VerifiedEmail {
  email: string | null;
  emailVerified: boolean;
}

/** The primary verified address of a list, as GitHub gives it; none where the token may not read the list. */
function primaryEmail(list: object, believed: boolean): VerifiedEmail {
  const entries = Array.isArray(list) ? list : [];
  const primary: unknown = entries.find((entry) => valueAt(entry, 'primary') === true);
  const email = emailOf(valueAt(primary, 'email'));
  return { email, emailVerified: believed && email !== null && valueAt(primary, 'verified') === true };
}

type Claims = Record<string, unknown>;

/** By POST only where the token goes in a form (OpenID Connect Core §5.3.1). */
const withoutBody = (rule: IdentityRule) => ({
  ...rule,
  method: rule.token_param !== null && !rule.dangerously_by_get ? ('POST' as const) : ('GET' as const),
  body: null,
});

async function userinfo(provider: OAuthProvider, shown: Shown, deps: OAuthDeps): Promise<Claims> {
  const { userinfo_endpoint } = shown.pinned;
  if (!userinfo_endpoint) throw new OAuthError('discovery_incomplete', { detail: 'userinfo_endpoint' });
  return (await lookUp(provider, userinfo_endpoint, withoutBody(provider.identity), shown, deps)) as Claims;
}

async function introspected(provider: OAuthProvider, { token, pinned }: Shown, deps: OAuthDeps): Promise<Claims> {
  const { active, claims } = await introspectToken(provider, pinned, { token }, deps);
  if (!active) throw new OAuthError('token_rejected', { detail: 'inactive' });
  return claims;
}

interface Shown {
  token: string;
  values: AccountParamValues;
  pinned: PinnedEndpoints;
}

/** The details that a failed call would have added: the label, where issuer and subject are proved already. */
const incomplete = Symbol('incomplete');

/** The kept fields that the server itself answered: the redirect goes through the browser, where a person edits it. */
const answeredExtras = ({ redirect_fields }: OAuthProvider, extras: Extras): Claims =>
  Object.fromEntries(Object.entries(extras).filter(([name]) => !redirect_fields.includes(name)));

/** The claims the record's source gives; userinfo stands in for an ID token that was not asked for. */
async function claimsOf(
  provider: OAuthProvider,
  tokens: TokenSet,
  shown: Shown,
  deps: OAuthDeps,
): Promise<Claims & { [incomplete]?: true }> {
  const { source, endpoint, endpoint_field, email } = provider.identity;
  if (source === 'token_answer') return { ...answeredExtras(provider, tokens.extras), ...tokens.answer };
  if (source === 'introspection') return introspected(provider, shown, deps);
  if (source === 'endpoint' && endpoint_field) {
    const url = tokens.extras[endpoint_field];
    // Checked again where it is called: it may come from the database, and others may write there.
    if (typeof url !== 'string' || !provider.url_field_hosts[endpoint_field]) throw invalid('endpoint_field');
    if (!isAllowed(provider, endpoint_field, url)) throw invalid('endpoint_field');
    return (await lookUp(provider, url, provider.identity, shown, deps)) as Claims;
  }
  if (source === 'endpoint' && endpoint) {
    return (await lookUpRule(provider, { ...provider.identity, endpoint }, shown, deps)) as Claims;
  }
  const idToken = tokens.id_token_claims;
  if (!idToken) return userinfo(provider, shown, deps);
  if (source === 'id_token' && (idToken[email ?? 'sub'] || !shown.pinned.userinfo_endpoint)) return idToken;
  // Issuer and subject are proved: the details of userinfo are not worth the connection.
  const more = await optional(userinfo(provider, shown, deps));
  // OpenID Connect Core §5.3.2: userinfo about somebody else must not be used.
  if (more && more.sub !== idToken.sub) throw invalid('userinfo_subject');
  return { ...idToken, ...(more ?? { [incomplete]: true }) };
}

/**
 * The account's key: one value as it is; several so that no two lists of values make the same text. Only here a field of the
 * redirect counts, unproved, where the server did not answer it; the start refuses such a record for signing in.
 */
function keyOf({ key }: IdentityRule, claims: Claims, extras: Extras, tokens: readonly (string | null)[]): string {
  const values = key.map((path) => subjectOf(valueAt(claims, path) ?? extras[path]));
  // The key is in the ledger and on pages, where no token may be.
  if (values.some((value) => looksLikeToken(value, tokens))) throw invalid('subject');
  return values.length === 1 ? (values[0] ?? '') : subjectOf(values.map(encodeURIComponent).join('/'));
}

/** The account of a server that says nothing of it: an id of its own, until a reconnect says which it is. */
async function unnamed(
  provider: OAuthProvider,
  pinned: PinnedEndpoints,
  tokens: TokenSet,
  shown: Shown,
  deps: OAuthDeps,
): Promise<Identity> {
  const shownTokens = [tokens.access_token, tokens.refresh_token];
  const found = await runLookups(provider, provider.lookups, shown, shownTokens, deps);
  return {
    issuer: provider.identity.issuer ?? pinned.issuer,
    subject: randomBytes(24).toString('base64url'),
    ...{ label: null, email: null, emailVerified: false, name: null },
    extras: found.extras,
    missing: found.missing.map((name) => `extras.${name}`),
    offered: found.offered,
  };
}

/**
 * Learns which account the tokens belong to, from the ID token's claims, userinfo or the record's own look-up, and runs
 * the record's look-ups. A look-up that fails is named in `missing`.
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
  const shown: Shown = { token: tokens.access_token, values: accountParams, pinned };
  if (rule.source === 'none') return unnamed(provider, pinned, tokens, shown, deps);
  const claims = await claimsOf(provider, tokens, shown, deps);
  const shownTokens = [tokens.access_token, tokens.refresh_token];
  const subject = keyOf(rule, claims, tokens.extras, shownTokens);
  const tenant =
    provider.tenant_issuer && tokens.id_token_claims && tenantIssuerOf(provider.tenant_issuer, tokens.id_token_claims);
  // A tenant's administrator writes any address; only tenants that the operator listed are believed.
  const believed = provider.tenant_issuer === null || provider.tenant_issuer.tenants !== null;
  const verified = rule.email_verified !== null && believed && valueAt(claims, rule.email_verified);
  const address = rule.email === null ? null : emailOf(valueAt(claims, rule.email));
  const email = looksLikeToken(address, shownTokens) ? null : address;
  const list = rule.emails_endpoint
    ? await optional(lookUpRule(provider, { ...withoutBody(rule), endpoint: rule.emails_endpoint }, shown, deps))
    : null;
  const emails: VerifiedEmail = rule.emails_endpoint
    ? primaryEmail(list ?? [], believed)
    : {
        email,
        emailVerified: email !== null && (verified === true || verified === 'true') && isHosted(rule, email, claims),
      };

  const found = await runLookups(provider, provider.lookups, shown, shownTokens, deps);
  const readable = (path: string) => {
    const value = valueAt(claims, path);
    return looksLikeToken(value, shownTokens) ? null : plainValue(value);
  };
  const label = rule.label.map(readable).find((text) => text !== null);
  return {
    issuer: rule.issuer ?? tenant ?? pinned.issuer,
    subject,
    label: label ?? emails.email ?? subject,
    ...emails,
    name: rule.name === null ? null : readable(rule.name),
    extras: found.extras,
    missing: [
      ...(claims[incomplete] && label === undefined ? ['account.label'] : []),
      ...found.missing.map((name) => `extras.${name}`),
    ],
    offered: found.offered,
  };
}
