import { matchesPart } from '#lib/config/account-part';
import { looksSecret } from '#lib/config/secret-field';
import { AccountParts } from '#lib/providers/registry/account-parts';
import { address, type RedirectPart, redirectParts } from '#lib/providers/registry/addresses';
import { beyondTheFile } from '#lib/providers/registry/beyond-the-file';
import { Report, type ReportLine } from '#lib/providers/registry/import-report';
import { parameterNames, requestParameters } from '#lib/providers/registry/parameters';
import type { RegistryEntry } from '#lib/providers/registry/read-registry';
import { reportRest } from '#lib/providers/registry/report-rest';

/** An entry for PROVIDERS_FILE, as JSON. */
export type ImportedRecord = Record<string, unknown> & { id: string };

const separators = new Set([' ', ',', '+', ';', '|', ':']);

/** How the registry's client shows its credentials: in the body, unless the entry says otherwise. */
function clientAuthentication(entry: RegistryEntry, report: Report): Record<string, string> {
  const { authorization_method, token_request_auth_method: method } = entry;
  if (method === 'private_key_jwt') return { token_endpoint_auth_method: 'private_key_jwt' };
  if (method !== undefined && method !== 'basic') {
    report.lost('token_request_auth_method', 'exchange', `"${method}" is code of the registry`);
  }
  // Here the registry encodes neither the id nor the secret.
  if (method === 'basic') return { token_endpoint_auth_method: 'client_secret_basic', basic_encoding: 'raw' };
  const inHeader = authorization_method === 'header';
  return { token_endpoint_auth_method: inHeader ? 'client_secret_basic' : 'client_secret_post' };
}

function scopeFields(entry: RegistryEntry, report: Report): Record<string, unknown> {
  const raw = entry.authorization_url_skip_encode?.includes('scopes') && entry.scope_separator === '+';
  const separator = raw ? ' ' : (entry.scope_separator ?? ' ');
  const known = separators.has(separator);
  if (!known) report.lost('scope_separator', 'authorization', `"${separator}" joins no scopes here`);
  const asked = entry.authorization_params?.scope?.split(/\s+/).filter(Boolean) ?? [];
  const scopes = [...new Set([...(entry.default_scopes ?? []), ...asked])];
  if (scopes.length === 0) report.changed('default_scopes', 'authorization', 'none: write `scopes` for what you need');
  return { scopes, ...(known && separator !== ' ' ? { scope_sep_out: separator, scope_sep_in: separator } : {}) };
}

/** Fields of answers and of the redirect that later calls need. */
function keptFields(entry: RegistryEntry, learnt: readonly RedirectPart[], report: Report): Record<string, unknown> {
  const keep = (field: 'token_response_metadata' | 'redirect_uri_metadata', names: string[]) => {
    const secret = names.filter(looksSecret);
    for (const name of secret) report.lost(field, 'calls', `${name} looks like a secret, which no connection shows`);
    return names.filter((name) => !secret.includes(name) && !learnt.some(({ field }) => field === name));
  };
  const answered = keep('token_response_metadata', entry.token_response_metadata ?? []);
  const redirected = keep('redirect_uri_metadata', entry.redirect_uri_metadata ?? []);
  return {
    ...(answered.length > 0 ? { response_fields: answered } : {}),
    ...(redirected.length > 0 ? { redirect_fields: redirected } : {}),
  };
}

function endpoints(entry: RegistryEntry, parts: AccountParts, report: Report): Record<string, string> | null {
  const tokenUrl = typeof entry.token_url === 'string' ? entry.token_url : entry.token_url?.OAUTH2;
  if (!entry.authorization_url) report.lost('authorization_url', 'authorization', 'is missing');
  if (!tokenUrl) report.lost('token_url', 'exchange', 'is missing');
  if (!entry.authorization_url || !tokenUrl) return null;
  const authorization = address(entry.authorization_url, 'authorization_url', 'authorization', parts, report);
  const token = address(tokenUrl, 'token_url', 'exchange', parts, report);
  const refresh = entry.refresh_url ? address(entry.refresh_url, 'refresh_url', 'refresh', parts, report) : undefined;
  if (authorization === null || token === null) return null;
  return {
    issuer: /^https:\/\/[^/?#]+/.exec(authorization)?.[0] ?? authorization,
    authorization_endpoint: authorization,
    token_endpoint: token,
    ...(refresh ? { refresh_endpoint: refresh } : {}),
  };
}

/** Whether anybody may have a host that ends so: with nothing, `.com`, or `.co.uk`. */
const isPublicSuffix = (suffix: string): boolean =>
  /^(?:|[^.]*\.[^.]+|[^.]*\.(?:co|com|net|org|ac|gov|edu|ne|or)\.[a-z]{2})$/i.test(suffix);

/** The client's secret goes to the token endpoint: a part that may name any host would give it to any person. */
function warnOfHosts(places: Record<string, string>, parts: AccountParts, report: Report): void {
  for (const [field, at] of [
    ['token_url', places.token_endpoint],
    ['refresh_url', places.refresh_endpoint],
  ] as const) {
    const [, last = '', suffix = ''] = /^https:\/\/[^/?]*\{([a-z0-9_]+)\}([^/?{}]*)/.exec(at ?? '') ?? [];
    const part = parts.parts.get(last);
    const [domain = ''] = suffix.split(':');
    const anybodys = domain === '' ? ['host.of.anybody.example'] : ['host.of.anybody', 'anybody', 'anybody123'];
    if (!part || !isPublicSuffix(domain) || !anybodys.some((host) => matchesPart(part.pattern, host))) continue;
    const message = `"${part.name}" may be any host, and the client's secret is shown to it: narrow its pattern`;
    report.changed(field, field === 'token_url' ? 'exchange' : 'refresh', message);
  }
}

/** The name of an entry as an id here: it ends in the redirect URI. */
function idOf(name: string, report: Report): string {
  const id = name
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 40);
  if (id !== name) report.changed('(name)', 'authorization', `the id is "${id}", and so the redirect URI ends`);
  return id;
}

/**
 * Writes one entry of the registry as a record of ours.
 * @returns the record, or null where the entry has no usable endpoints; and the report, field by field
 */
export function importEntry(
  name: string,
  entry: RegistryEntry,
): { record: ImportedRecord | null; lines: ReportLine[] } {
  const report = new Report(name);
  const learnt = redirectParts(entry);
  const parts = new AccountParts(
    entry,
    report,
    learnt.map((part) => part.name),
  );
  const id = idOf(name, report);
  const places = endpoints(entry, parts, report);
  if (places === null) return { record: null, lines: report.lines };
  const request = requestParameters(entry, places, parts, report);
  const names = parameterNames(entry, report);
  const unit = entry.expires_in_unit === 'milliseconds' ? { path: 'expires_in', as: 'milliseconds' } : null;
  const nested = entry.alternate_access_token_response_path;
  const variable = `${id.toUpperCase().replace(/-/g, '_')}_CLIENT_SECRET`;
  const assertion = entry.token_request_auth_method === 'private_key_jwt';
  const record: ImportedRecord = {
    id,
    name: (entry.display_name ?? name).slice(0, 60),
    ...places,
    discovery: 'none',
    ...(parts.parts.size > 0 ? { account_params: [...parts.parts.values()] } : {}),
    ...(learnt.length > 0 ? { redirect_parts: learnt } : {}),
    client_id: 'CLIENT_ID',
    ...(assertion ? { client_private_key_env: variable.replace('SECRET', 'KEY') } : { client_secret_env: variable }),
    ...clientAuthentication(entry, report),
    ...scopeFields(entry, report),
    ...(entry.authorization_url_fragment ? { authorization_params_in: 'fragment' } : {}),
    ...request,
    ...(Object.keys(names).length > 0 ? { authorization_param_names: names } : {}),
    ...(entry.authorization_code_param_in_callback ? { code_field: entry.authorization_code_param_in_callback } : {}),
    ...(entry.disable_pkce ? { dangerously_without_pkce: true } : {}),
    ...(entry.body_format === 'json' ? { token_request_format: 'json' } : {}),
    ...(nested ? { token_path: ['access_token', `${nested}.access_token`] } : {}),
    ...(unit ? { access_token_life: unit } : {}),
    ...keptFields(entry, learnt, report),
    revoke: { style: 'none' },
    // The registry has no field for whose account it is.
    identity: { source: 'none' },
  };
  if (entry.authorization_url_fragment) {
    record.authorization_endpoint = `${record.authorization_endpoint}#${entry.authorization_url_fragment}`;
  }
  const beyond = Object.hasOwn(beyondTheFile, name) ? beyondTheFile[name] : undefined;
  if (beyond?.fields) report.changed('(code)', 'exchange', 'some lines come from what the registry does by code');
  if (beyond?.write) report.changed('(code)', 'exchange', beyond.write);
  if (beyond?.lost) report.lost('(code)', ...beyond.lost);
  warnOfHosts(places, parts, report);
  reportRest(entry, report);
  return { record: { ...record, ...beyond?.fields }, lines: report.lines };
}
