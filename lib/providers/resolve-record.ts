import { hostWithPort } from '#lib/config/address-class';
import type { ProviderRecordInput } from '#lib/config/provider-record';
import type { CallRule, IdentityRule, RevokeRule } from '#lib/oauth/types';
import { endpointTemplates } from '#lib/providers/endpoint-templates';
import type { PresetFields } from '#lib/providers/preset';
import { presets } from '#lib/providers/presets';
import type { ProviderRecord } from '#lib/providers/record';
import { filledParts, requestRules } from '#lib/providers/request-rules';
import { Secret } from '#lib/providers/secret';
import { standardScopes } from '#lib/providers/standard-scopes';

/** Hosts in the entry itself, never those of a preset or those with a `{part}` that a person fills in. */
function writtenHosts(entry: ProviderRecordInput): string[] {
  const texts = endpointTemplates(entry).flatMap(([, text]) => filledParts(entry, text));
  const urls = texts.map((text) => URL.parse(text)).filter((url) => url !== null);
  const fixed = urls.filter(({ hostname }) => !hostname.includes('{')).map(hostWithPort);
  // `.example.com` and `example.com` are rules for learnt hosts; with its port, a host is one that was written.
  const listed = Object.values(entry.url_field_hosts ?? {})
    .flat()
    .filter((host) => /^[^.].*:\d+$/.test(host));
  return [...new Set([...fixed, ...listed])];
}

type CallInput = Pick<
  NonNullable<ProviderRecordInput['lookups']>[number],
  'method' | 'body' | 'headers' | 'token_header' | 'token_param' | 'dangerously_by_get'
>;

/** Headers, of which those from variables never print. */
const headersOf = (headers: CallInput['headers'] = {}): CallRule['headers'] =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : new Secret(value.secret),
    ]),
  );

/** How a call shows the token: by GET, or by POST where it has a body or a form, with `Authorization: Bearer`. */
function callRule(input: CallInput): Omit<CallRule, 'endpoint'> {
  const { method, body, headers, token_header, token_param, dangerously_by_get: byGet = false } = input;
  const inForm = token_param !== undefined && !byGet;
  return {
    method: method ?? (body || inForm ? 'POST' : 'GET'),
    body: body ?? null,
    headers: headersOf(headers),
    token_header: token_header
      ? { name: token_header.name, prefix: token_header.prefix ?? '' }
      : { name: 'authorization', prefix: 'Bearer ' },
    token_param: token_param ?? null,
    dangerously_by_get: byGet,
  };
}

function identityRule({ identity = {}, discovery }: ProviderRecordInput): IdentityRule {
  return {
    source: identity.source ?? (identity.endpoint ? 'endpoint' : discovery === 'none' ? 'userinfo' : 'id_token'),
    endpoint: identity.endpoint ?? null,
    endpoint_field: identity.endpoint_field ?? null,
    issuer: identity.issuer ?? null,
    key: identity.key ?? [identity.subject ?? 'sub'],
    label: identity.label ?? ['email', 'preferred_username', 'name', 'sub'],
    email: identity.email ?? (identity.endpoint ? null : 'email'),
    email_verified: identity.email_verified ?? (identity.endpoint ? null : 'email_verified'),
    email_hosted: identity.email_hosted ?? null,
    name: identity.name ?? 'name',
    emails_endpoint: identity.emails_endpoint ?? null,
    ...callRule(identity),
  };
}

const endsInGrant = (endpoint: string | undefined) => /\/grant\/?$/.test(endpoint?.split(/[?#]/)[0] ?? '');

function revokeRule({ revoke = {}, ...entry }: ProviderRecordInput): RevokeRule {
  const mayRevoke = entry.revocation_endpoint !== undefined || entry.discovery !== 'none';
  const byAccessToken = revoke.style === 'bearer' || entry.token_renewal !== undefined;
  const preset = entry.preset ? presets[entry.preset].record(entry.issuer).revoke?.blast_radius : undefined;
  // GitHub's DELETE …/grant ends whatever the person granted, and where a preset knows as much, no entry unmakes it.
  const endsAccount =
    preset === 'account' || (revoke.style === 'delete_json' && endsInGrant(entry.revocation_endpoint));
  return {
    style: revoke.style ?? (mayRevoke ? 'rfc7009' : 'none'),
    method: revoke.method ?? 'POST',
    format: revoke.format ?? entry.token_request_format ?? 'form',
    token_kind: revoke.token_kind ?? (byAccessToken ? 'access_token' : 'refresh_token'),
    auth: revoke.auth ?? 'client',
    blast_radius: endsAccount ? 'account' : (revoke.blast_radius ?? 'grant'),
    gone_codes: revoke.gone_codes ?? ['invalid_token'],
    gone_answers: revoke.gone_answers ?? [],
    manual_url: revoke.manual_url ?? null,
    param_names: revoke.param_names ?? null,
    headers: headersOf(revoke.headers),
  };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

function merge(entry: ProviderRecordInput): ProviderRecordInput {
  const preset = entry.preset && presets[entry.preset];
  const base: PresetFields = preset ? preset.record(entry.issuer) : {};
  if (preset?.about.pkce === 'documented') base.code_challenge_methods_supported ??= ['S256'];
  const merged = { ...base, ...entry };
  const known = merged.scopes?.includes('openid') ? standardScopes : {};
  return {
    ...merged,
    // Where a server has no endpoints of its own written down, its metadata must say them.
    discovery: merged.discovery ?? (merged.authorization_endpoint && merged.token_endpoint ? 'none' : 'oidc'),
    revoke: { ...base.revoke, ...entry.revoke },
    identity: { ...base.identity, ...entry.identity },
    url_field_hosts: { ...base.url_field_hosts, ...entry.url_field_hosts },
    // Looked up by names that providers send, so it must have no members of its own.
    scope_descriptions: Object.assign(Object.create(null), known, base.scope_descriptions, entry.scope_descriptions),
    scope_aliases: Object.assign(Object.create(null), base.scope_aliases, entry.scope_aliases),
    scope_implies: Object.assign(Object.create(null), base.scope_implies, entry.scope_implies),
  };
}

/** Merges an entry with its preset and applies every default. */
export function resolveRecord(entry: ProviderRecordInput): ProviderRecord {
  const all = merge(entry);
  const scopes = all.scopes ?? [];
  const identityScopes = new Set(['openid', 'email', 'profile']);
  const signInScopes = all.sign_in_scopes ?? scopes.filter((scope) => identityScopes.has(scope));
  // The time stands in the ID token. Who writes `auth_time` and asks for none is not served less than was written.
  const stepUp = entry.step_up ?? (signInScopes.includes('openid') ? all.step_up : undefined);
  return deepFreeze({
    id: all.id,
    name: all.name ?? all.id,
    preset: all.preset ?? null,
    issuer: all.issuer ?? '',
    authorization_endpoint: all.authorization_endpoint ?? null,
    token_endpoint: all.token_endpoint ?? null,
    revocation_endpoint: all.revocation_endpoint ?? null,
    introspection_endpoint: all.introspection_endpoint ?? null,
    pushed_authorization_request_endpoint: all.pushed_authorization_request_endpoint ?? null,
    require_pushed_authorization_requests: all.require_pushed_authorization_requests ?? null,
    userinfo_endpoint: all.userinfo_endpoint ?? null,
    jwks_uri: all.jwks_uri ?? null,
    authorization_response_iss_parameter_supported: all.authorization_response_iss_parameter_supported ?? null,
    code_challenge_methods_supported: all.code_challenge_methods_supported ?? null,
    id_token_signing_alg_values_supported: all.id_token_signing_alg_values_supported ?? null,
    discovery: all.discovery ?? 'oidc',
    metadata_url: all.metadata_url ?? null,
    tenant_issuer: all.tenant_issuer
      ? {
          template: all.tenant_issuer.template,
          claim: all.tenant_issuer.claim ?? 'tid',
          tenants: all.tenant_issuer.tenants ?? null,
        }
      : null,
    client_id: all.client_id,
    client_secret: all.client_secret === undefined ? null : new Secret(all.client_secret),
    client_secret_previous: all.client_secret_previous === undefined ? null : new Secret(all.client_secret_previous),
    client_private_key: all.client_private_key === undefined ? null : new Secret(all.client_private_key),
    client_key_id: all.client_key_id ?? null,
    client_key_alg: all.client_key_alg ?? 'RS256',
    client_assertion_audience: all.client_assertion_audience ?? 'issuer',
    client_assertion_issuer: all.client_assertion_issuer ?? null,
    auth_method_written: all.token_endpoint_auth_method !== undefined,
    token_endpoint_auth_method: all.token_endpoint_auth_method ?? 'client_secret_basic',
    basic_encoding: all.basic_encoding ?? 'form',
    basic_user: all.basic_user ?? 'client_id',
    client_id_in_body: all.client_id_in_body ?? false,
    scopes,
    sign_in_scopes: signInScopes,
    scope_sep_out: all.scope_sep_out ?? ' ',
    scope_sep_in: all.scope_sep_in ?? ' ',
    absent_scope: all.absent_scope ?? ((all.scope_source ?? all.scope_field) ? 'unknown' : 'as_asked'),
    scope_source: all.scope_source ?? 'token_answer',
    scope_field: all.scope_field ?? null,
    scope_aliases: all.scope_aliases ?? {},
    scope_implies: all.scope_implies ?? {},
    scope_prefixes: all.scope_prefixes ?? [],
    scope_case: all.scope_case ?? 'sensitive',
    // Without an ID token nothing else proves it.
    unechoed_scopes: [...(all.unechoed_scopes ?? []), ...(all.dangerously_without_id_token ? ['openid'] : [])],
    scope_descriptions: all.scope_descriptions ?? {},
    authorization_params: all.authorization_params ?? {},
    account_params: all.account_params ?? [],
    operated_suffixes: all.operated_suffixes ?? [],
    dangerously_with_typed_hosts: all.dangerously_with_typed_hosts ?? false,
    ...requestRules(all),
    redirect_uri: all.redirect_uri ?? 'own',
    iss_policy: all.iss_policy ?? 'if_present',
    redirect_fields: all.redirect_fields ?? [],
    declined_codes: all.declined_codes ?? [],
    dangerously_without_pkce: all.dangerously_without_pkce ?? false,
    dangerously_without_nonce: all.dangerously_without_nonce ?? false,
    dangerously_without_id_token: all.dangerously_without_id_token ?? false,
    token_params: all.token_params ?? {},
    token_request_format: all.token_request_format ?? 'form',
    accept_json: all.accept_json ?? true,
    error_in_200: all.error_in_200 ?? false,
    token_path: typeof all.token_path === 'string' ? [all.token_path] : (all.token_path ?? []),
    bearer_token_types: all.bearer_token_types ?? [],
    access_token_life: all.access_token_life ?? null,
    refresh_token_life: all.refresh_token_life ?? null,
    response_fields: all.response_fields ?? [],
    url_field_hosts: all.url_field_hosts ?? {},
    operator_hosts: writtenHosts(entry),
    expires_default: all.expires_default ?? null,
    expiry_probe: all.expiry_probe ?? 'none',
    refresh_endpoint: all.refresh_endpoint ?? null,
    refresh_params: all.refresh_params ?? {},
    rotation: all.rotation ?? 'none',
    idle_keepalive_days: all.idle_keepalive_days ?? null,
    max_grants: all.max_grants ?? null,
    failure_scenarios: all.failure_scenarios ?? false,
    drill_consent: all.drill_consent ?? [],
    dead_codes: all.dead_codes ?? ['invalid_grant'],
    dead_answers: all.dead_answers ?? [],
    client_refused_answers: all.client_refused_answers ?? [],
    reuse_codes: all.reuse_codes ?? [],
    revoke: revokeRule(all),
    identity: identityRule(all),
    lookups: (all.lookups ?? []).map((lookup) => ({
      ...lookup,
      choose: lookup.choose ?? false,
      name: lookup.name ?? 'entry',
      entries: lookup.entries ?? null,
      entry_label: lookup.entry_label ?? ['name'],
      ...callRule(lookup),
    })),
    push_signal: all.push_signal ?? 'none',
    sign_in: all.sign_in ?? false,
    connect: all.connect ?? true,
    trusted_email: all.trusted_email ?? false,
    step_up: stepUp ?? 'session_only',
  } satisfies ProviderRecord);
}
