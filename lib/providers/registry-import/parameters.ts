import type { AccountParts } from '#lib/providers/registry-import/account-parts';
import type { Part, Report } from '#lib/providers/registry-import/import-report';
import type { RegistryEntry } from '#lib/providers/registry-import/read-registry';

/** Parameters that the protocol sets in each request. Values that say the same as ours need not be written. */
const implied: Readonly<Record<string, string>> = {
  response_type: 'code',
  authorization_code: 'authorization_code',
  refresh_token: 'refresh_token',
};
/** A parameter of an authorization request that our schema keeps for the protocol may stand in the address itself. */
const inAddress = new Set(['request', 'grant_type', 'code']);

function filled(
  params: Record<string, string>,
  field: string,
  part: Part,
  parts: AccountParts,
): Record<string, string> {
  const entries = Object.entries(params).map(([name, value]) => [name, parts.fill(value, field, part)] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== null));
}

function authorizationParameters(
  entry: RegistryEntry,
  places: Record<string, string>,
  parts: AccountParts,
  report: Report,
): Record<string, unknown> {
  const field = 'authorization_params';
  const { response_type, scope: _, nonce, ...rest } = entry.authorization_params ?? {};
  if (nonce !== undefined) {
    const message = 'the hub makes a nonce itself, and sends it where `openid` is among `scopes`';
    report.changed(`${field}.nonce`, 'authorization', message);
  }
  const own: Record<string, string> = {};
  const address = new URLSearchParams();
  for (const [name, value] of Object.entries(rest)) {
    if (inAddress.has(name)) address.set(name, value);
    else own[name] = value;
  }
  if (address.size > 0) {
    const at = places.authorization_endpoint ?? '';
    places.authorization_endpoint = `${at}${at.includes('?') ? '&' : '?'}${address}`;
  }
  if (response_type !== undefined && response_type !== implied.response_type) {
    if (/[\s+]|token/.test(response_type)) {
      report.lost(`${field}.response_type`, 'authorization', `"${response_type}" brings tokens through the browser`);
    } else own.response_type = response_type;
  }
  const params = filled(own, field, 'authorization', parts);
  for (const [name, value] of Object.entries(params))
    if (value === '' && entry.authorization_url_skip_empty) delete params[name];
  if (params.response_mode !== undefined && params.response_mode !== 'query') {
    report.lost(`${field}.response_mode`, 'authorization', `"${params.response_mode}" is not read here`);
    delete params.response_mode;
  }
  return Object.keys(params).length > 0 ? { authorization_params: params } : {};
}

/** The further parameters of all three requests. May put some into the address of the authorization endpoint. */
export function requestParameters(
  entry: RegistryEntry,
  places: Record<string, string>,
  parts: AccountParts,
  report: Report,
): Record<string, unknown> {
  const { grant_type: exchanged, ...token } = entry.token_params ?? {};
  // Without parameters of its own, the registry refreshes with those of the exchange.
  const { grant_type: refreshed, ...refresh } = entry.refresh_params ?? token;
  if (exchanged !== undefined && exchanged !== implied.authorization_code) {
    report.lost('token_params.grant_type', 'exchange', `"${exchanged}" exchanges no code`);
  }
  if (refreshed !== undefined && refreshed !== implied.refresh_token) {
    report.lost('refresh_params.grant_type', 'refresh', `"${refreshed}" is no refresh`);
  }
  const tokenParams = filled(token, 'token_params', 'exchange', parts);
  const refreshParams = filled(refresh, 'refresh_params', 'refresh', parts);
  const asks = authorizationParameters(entry, places, parts, report);
  return {
    ...asks,
    ...(Object.keys(tokenParams).length > 0 ? { token_params: tokenParams } : {}),
    ...(Object.keys(refreshParams).length > 0 ? { refresh_params: refreshParams } : {}),
  };
}

const renamable = new Set(['client_id', 'redirect_uri', 'response_type', 'scope']);

/** The registry replaces text in the finished URL; where that text is a parameter's name, it is one here, too. */
export function parameterNames(entry: RegistryEntry, report: Report): Record<string, string | null> {
  const names: Record<string, string | null> = {};
  // Ours says `code`; another word is given as a further parameter.
  const word = entry.authorization_params?.response_type;
  if (word !== undefined && word !== implied.response_type) names.response_type = null;
  for (const [written, replacement] of Object.entries(entry.authorization_url_replacements ?? {})) {
    const name = written.replace(/=$/, '');
    const own = replacement.replace(/=$/, '');
    const field = `authorization_url_replacements.${name}`;
    if (!renamable.has(name)) report.lost(field, 'authorization', `${name} keeps its name here`);
    else if (own === '' && name === 'scope') report.lost(field, 'authorization', 'scope cannot be left out');
    else names[name] = own === '' ? null : own;
  }
  return names;
}
