import { looksSecret } from '#lib/config/secret-field';
import { endpointTemplates } from '#lib/providers/endpoint-templates';
import { AccountParts } from '#lib/providers/registry-import/account-parts';
import { address, type RedirectPart, redirectParts } from '#lib/providers/registry-import/addresses';
import { beyondTheFile } from '#lib/providers/registry-import/beyond-the-file';
import { type Part, Report, type ReportLine } from '#lib/providers/registry-import/import-report';
import { parameterNames, requestParameters } from '#lib/providers/registry-import/parameters';
import type { RegistryEntry } from '#lib/providers/registry-import/read-registry';
import { reportRest } from '#lib/providers/registry-import/report-rest';
import { relaxedFields } from '#lib/providers/relaxations';
import { type PartRules, typedHost } from '#lib/providers/typed-hosts';

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

/** The registry's field of an address, and what it is for; other addresses come from its code. */
const addressFields: Readonly<Record<string, readonly [field: string, part: Part]>> = {
  authorization_endpoint: ['authorization_url', 'authorization'],
  token_endpoint: ['token_url', 'exchange'],
  refresh_endpoint: ['refresh_url', 'refresh'],
};

/** The hub does not start with a record that lets any person name the server. */
function warnOfHosts(places: Record<string, string>, rules: PartRules, report: Report): void {
  for (const [field, template] of endpointTemplates(places)) {
    const [written, part] = addressFields[field] ?? [];
    const which = written && typedHost(template, rules);
    if (!which || !part) continue;
    const mend = 'narrow its pattern, write the domain, or say "dangerously_with_typed_hosts": true';
    report.changed(written, part, `${which} what a person types, with which the hub does not start: ${mend}`);
  }
}

/** Says each check that the record leaves out, as its own field: an operator who does not need it takes the line away. */
function tellOfRelaxations(record: object, report: Report): void {
  for (const path of relaxedFields(record)) {
    if (path === 'dangerously_without_pkce') {
      const message = `the record says "${path}": true, so only \`state\` ties the answer to the browser, and without a nonce people cannot sign in through it: take the line away where the server knows PKCE by now`;
      report.changed('disable_pkce', 'authorization', message);
    } else {
      const message = `the record says "${path}": true, which leaves a check out: docs/security.md names the protection without it`;
      report.changed('(code)', path.startsWith('token_renewal') ? 'refresh' : 'exchange', message);
    }
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
    // The registry has no field for the identity of the account.
    identity: { source: 'none' },
  };
  if (entry.authorization_url_fragment) {
    record.authorization_endpoint = `${record.authorization_endpoint}#${entry.authorization_url_fragment}`;
  }
  const beyond = Object.hasOwn(beyondTheFile, name) ? beyondTheFile[name] : undefined;
  if (beyond?.fields) report.changed('(code)', 'exchange', 'some lines come from what the registry does by code');
  if (beyond?.write) report.changed('(code)', 'exchange', beyond.write);
  if (beyond?.lost) report.lost('(code)', ...beyond.lost);
  const account_params = [...parts.parts.values()];
  const rules = { client_id: 'CLIENT_ID', account_params, redirect_parts: learnt, operated_suffixes: [] };
  warnOfHosts(places, rules, report);
  reportRest(entry, report);
  const whole = { ...record, ...beyond?.fields };
  tellOfRelaxations(whole, report);
  return { record: whole, lines: report.lines };
}
