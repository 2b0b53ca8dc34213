import { z } from 'zod';
import { endpointSchema, type RecordContext, safePart } from '#lib/config/provider-url';
import { looksSecret } from '#lib/config/secret-field';

/** How a parameter may be called: no character that a form or a URL gives another meaning. */
/** The name of a parameter. */
export const parameterName = z.string().regex(/^[A-Za-z0-9_.:-]{1,60}$/, 'is not the name of a parameter');
/** Null leaves the parameter out. */
const omittable = parameterName.nullable().optional();
const renamed = parameterName.optional();

/** One value, or several under the same name (RFC 8707 §2). */
export const parameterValues = z.union([z.string(), z.array(z.string()).min(1).max(20)]);

const headerName = z.string().regex(/^[A-Za-z0-9-]{1,60}$/, 'is not the name of a header');
const headerText = z.string().regex(/^[\x21-\x7e](?:[\x20-\x7e]{0,498}[\x21-\x7e])?$/, 'must be plain characters');
/** Headers that the request itself needs; another value would change what it says. */
const ownHeaders = /^(authorization|content-.*|host|connection|cookie|transfer-encoding|expect|upgrade|te|trailer)$/i;
/** The same of a call that shows a token: a record may say its `Authorization` and types. */
export const ownCallHeaders =
  /^(host|forwarded|x-forwarded-.*|content-length|connection|transfer-encoding|expect|upgrade|te|trailer)$/i;

/**
 * Headers of a call that shows a token; a secret one comes from a variable. Another host, or the frame of another request,
 * may lead to another server behind the same address.
 */
export const callHeaders = ({ env }: RecordContext) => {
  const fromVariable = z.strictObject({ env: z.string().min(1) });
  const value = z.union([z.string(), fromVariable]).transform((given, ctx) => {
    if (typeof given === 'string') return given;
    const secret = env?.[given.env];
    if (!secret) ctx.addIssue(`the variable ${given.env} is not set`);
    return { secret: secret ?? '' };
  });
  return z
    .record(z.string().min(1), value)
    .refine(
      (headers) => !Object.keys(headers).some((name) => ownCallHeaders.test(name)),
      'has a header that the hub itself sets',
    );
};

/** A call that shows an access token and is answered with another one. */
const tokenCall = (context: RecordContext) =>
  z.strictObject({
    endpoint: endpointSchema(context),
    /** The parameter that carries the token; without it, `Authorization: Bearer` does. */
    token_param: parameterName.optional(),
    params: z.record(parameterName, parameterValues).optional(),
    client_params: z.array(z.enum(['client_id', 'client_secret'])).optional(),
    dangerously_by_get: z.boolean().optional(),
  });

/** A part of URLs that the server names on the redirect: its host, or its region. */
const redirectPart = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'must be lower-case letters, digits and _'),
  field: parameterName,
  values: z.record(z.string().min(1).max(300), z.string().regex(safePart, 'cannot stand in a URL')),
  initial: z.string().regex(safePart, 'cannot stand in a URL'),
});

/** The server's own names where a token is revoked, if they are not those of the other requests. */
export const revokeParamNames = z.strictObject({
  ...{ client_id: omittable, client_secret: renamed, token: renamed, token_type_hint: omittable },
});

/** The fields of an entry that say how its server wants to be asked. */
export const requestFields = (context: RecordContext) => ({
  authorization_param_names: z
    .strictObject({ client_id: omittable, redirect_uri: omittable, response_type: omittable, scope: renamed })
    .optional(),
  authorization_params_in: z.enum(['query', 'fragment']).optional(),
  code_field: parameterName.optional(),
  redirect_parts: z.array(redirectPart).max(3).optional(),
  state_in_exchange: z.boolean().optional(),
  token_param_names: z
    .strictObject({
      ...{ client_id: omittable, client_secret: renamed, grant_type: omittable, redirect_uri: omittable },
      ...{ code: renamed, code_verifier: renamed, refresh_token: renamed, token: renamed, token_type_hint: omittable },
      ...{ client_assertion: renamed, client_assertion_type: omittable },
    })
    .optional(),
  token_headers: z
    .record(
      headerName.refine((name) => !ownHeaders.test(name), 'is set by the hub itself'),
      z.union([headerText, z.strictObject({ env: z.string().min(1) })]),
    )
    .optional(),
  dangerously_token_request_in_query: z.enum(['POST', 'GET']).optional(),
  token_upgrade: tokenCall(context).optional(),
  token_renewal: tokenCall(context).optional(),
});

type RequestEntry = { [K in keyof ReturnType<typeof requestFields>]?: z.infer<ReturnType<typeof requestFields>[K]> } & {
  account_params?: { name: string }[] | undefined;
  redirect_fields?: string[] | undefined;
  authorization_params?: Record<string, unknown> | undefined;
  token_params?: Record<string, unknown> | undefined;
  refresh_params?: Record<string, unknown> | undefined;
  refresh_endpoint?: string | undefined;
  require_pushed_authorization_requests?: boolean | undefined;
  pushed_authorization_request_endpoint?: string | undefined;
  authorization_params_in?: 'query' | 'fragment' | undefined;
  token_request_format?: 'form' | 'json' | undefined;
  scopes?: string[] | undefined;
  scope_sep_out?: string | undefined;
  idle_keepalive_days?: number | null | undefined;
  token_endpoint_auth_method?: string | undefined;
};

type Fault = [field: string, message: string];

/** Names of which the server would see two, or one that means something else. */
function nameFaults(
  field: string,
  names: Record<string, string | null | undefined> = {},
  others: Record<string, string[]>,
  standard: readonly string[],
): Fault[] {
  const given = Object.entries(names).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  // A standard name is free where its own parameter goes under another one.
  const taken = standard.filter((name) => !(name in names));
  return given.flatMap(([name, to]): Fault[] => {
    const twice = given.some(([other, same]) => other !== name && same === to);
    if (twice || (to !== name && taken.includes(to))) return [[field, `"${to}" would be sent for two parameters`]];
    const clash = Object.entries(others).find(([, keys]) => keys.includes(to));
    return clash ? [[clash[0], `"${to}" is set by the protocol and cannot be given`]] : [];
  });
}

const asked = ['client_id', 'redirect_uri', 'response_type', 'scope', 'state', 'nonce'];
const challenge = ['code_challenge', 'code_challenge_method'];
const shown = ['client_id', 'client_secret', 'grant_type', 'redirect_uri', 'code', 'code_verifier', 'refresh_token'];
const onRedirect = ['state', 'iss', 'error', 'error_description', 'error_uri', 'scope', 'id_token', 'access_token'];

function tokenCallFaults(field: 'token_upgrade' | 'token_renewal', entry: RequestEntry): Fault[] {
  const call = entry[field];
  if (!call) return [];
  const faults: Fault[] = [];
  const credentials = new Set<string>(call.client_params ?? []);
  const clash = Object.keys(call.params ?? {}).find((name) => name === call.token_param || credentials.has(name));
  if (clash) faults.push([field, `"${clash}" would be sent twice`]);
  return faults;
}

/** Another word for `response_type` than `code` may only stand for a code: tokens never go through the browser here. */
function responseTypeFaults({ authorization_params, authorization_param_names }: RequestEntry): Fault[] {
  const word = authorization_params?.response_type;
  if (word === undefined) return [];
  const freed = authorization_param_names?.response_type === null;
  if (!freed) return [['authorization_params', '"response_type" is set by the protocol and cannot be given']];
  const fits = typeof word === 'string' && /^[a-z_]{0,20}code[a-z_]{0,20}$/i.test(word) && !/token/i.test(word);
  return fits ? [] : [['authorization_params', 'a "response_type" has to be one word for a code']];
}

/** Grants that give tokens of the application, or take a password: no code is exchanged for these. */
const otherGrants = /^(?:client_credentials|password|implicit|urn:ietf:params:oauth:grant-type:device_code)$/;
/** A name that a console gives to a redirect URI; an address would be another redirect URI than the registered one. */
const consoleName = /^[A-Za-z0-9._-]{1,200}$/;

/** Own words for what the protocol sets: only where its own word is left out, and never another meaning. */
function wordFaults(entry: RequestEntry): Fault[] {
  const { authorization_params, token_params, refresh_params, token_param_names = {} } = entry;
  const faults: Fault[] = [];
  const word = (field: string, params: Record<string, unknown> = {}, name: string, freed: boolean, fits: RegExp) => {
    const value = params[name];
    if (value === undefined) return;
    if (!freed) faults.push([field, `"${name}" is set by the protocol and cannot be given`]);
    else if (typeof value !== 'string' || !fits.test(value) || otherGrants.test(value))
      faults.push([field, `"${value}" cannot stand for the protocol's own ${name}`]);
  };
  const byName = token_param_names.redirect_uri === null;
  const ownGrant = token_param_names.grant_type === null;
  const freedInBrowser = entry.authorization_param_names?.redirect_uri === null;
  word('authorization_params', authorization_params, 'redirect_uri', freedInBrowser, consoleName);
  word('token_params', token_params, 'redirect_uri', byName, consoleName);
  for (const [field, params] of [
    ['token_params', token_params],
    ['refresh_params', refresh_params],
  ] as const)
    word(field, params, 'grant_type', ownGrant, /^[A-Za-z0-9:._-]{1,100}$/);
  // RFC 6749 §4.1.3: the exchange repeats what was asked with.
  const [asked, repeated] = [authorization_params?.redirect_uri, token_params?.redirect_uri];
  if (byName && repeated !== undefined && asked !== repeated)
    faults.push(['token_params', '"redirect_uri" has to be that of authorization_params']);
  return faults;
}

/** A request that goes to the server itself leaves nothing for a page to read in the fragment. */
function pushFaults(entry: RequestEntry): Fault[] {
  const { require_pushed_authorization_requests: required, pushed_authorization_request_endpoint: endpoint } = entry;
  const pushes = required ?? endpoint !== undefined;
  if (!pushes || entry.authorization_params_in !== 'fragment') return [];
  const field = required ? 'require_pushed_authorization_requests' : 'pushed_authorization_request_endpoint';
  return [[field, 'cannot go with authorization_params_in "fragment"']];
}

/** The contradictions of these fields, in themselves or with another one. */
export function requestFaults(entry: RequestEntry, env: RecordContext['env']): Fault[] {
  const keys = (record: Record<string, unknown> = {}) => Object.keys(record);
  const byAssertion = entry.token_endpoint_auth_method === 'private_key_jwt';
  const faults: Fault[] = [
    ...pushFaults(entry),
    ...nameFaults(
      'authorization_param_names',
      entry.authorization_param_names,
      { authorization_params: keys(entry.authorization_params) },
      [...asked, ...challenge],
    ),
    ...nameFaults(
      'token_param_names',
      entry.token_param_names,
      { token_params: keys(entry.token_params), refresh_params: keys(entry.refresh_params) },
      // With an assertion no secret is sent, and its name is free.
      [...shown.filter((name) => name !== 'client_secret' || !byAssertion), 'token', 'token_type_hint'],
    ),
    ...responseTypeFaults(entry),
    ...wordFaults(entry),
    ...tokenCallFaults('token_upgrade', entry),
    ...tokenCallFaults('token_renewal', entry),
  ];
  const { code_field, redirect_fields = [], redirect_parts = [], account_params = [] } = entry;
  if (code_field && onRedirect.includes(code_field)) faults.push(['code_field', `"${code_field}" has another meaning`]);
  if (code_field && redirect_fields.includes(code_field))
    faults.push(['redirect_fields', `"${code_field}" is the code, which no connection shows`]);
  const named = [...account_params.map(({ name }) => name), 'client_id'];
  for (const [at, { name, field, values, initial }] of redirect_parts.entries()) {
    const twice = named.includes(name) || redirect_parts.slice(0, at).some((part) => part.name === name);
    if (twice) faults.push(['redirect_parts', `"${name}" is used twice`]);
    if ([...onRedirect, code_field ?? 'code', 'code'].includes(field))
      faults.push(['redirect_parts', `"${field}" has another meaning`]);
    if (!Object.values(values).includes(initial))
      faults.push(['redirect_parts', `the initial "${initial}" is not among the values`]);
  }
  for (const [name, value] of Object.entries(entry.token_headers ?? {})) {
    if (typeof value === 'object' && !env?.[value.env])
      faults.push(['token_headers', `the variable ${value.env} is not set`]);
    // A file of records is read by more people than the variables are.
    if (typeof value === 'string' && looksSecret(name.replaceAll('-', '_')))
      faults.push(['token_headers', `"${name}" looks like a secret: give it as { "env": "VARIABLE" }`]);
  }
  if (entry.dangerously_token_request_in_query && entry.token_request_format === 'json')
    faults.push(['dangerously_token_request_in_query', 'a request in the query has no JSON body']);
  if (entry.state_in_exchange && entry.token_params?.state !== undefined)
    faults.push(['token_params', '"state" is that of the redirect, by state_in_exchange']);
  if (entry.token_renewal && entry.refresh_endpoint)
    faults.push(['token_renewal', 'cannot go with refresh_endpoint: the access token is shown, not a refresh token']);
  if (entry.token_renewal && !entry.idle_keepalive_days)
    faults.push(['token_renewal', 'needs idle_keepalive_days, the life of the token: only a live one can be renewed']);
  const separator = entry.scope_sep_out?.trim();
  const split = separator ? entry.scopes?.find((scope) => scope.includes(separator)) : undefined;
  if (split) faults.push(['scopes', `"${split}" contains the separator "${separator}"`]);
  return faults;
}

/** The headers' texts, those from variables too. */
export const tokenHeaders = (
  headers: RequestEntry['token_headers'] = {},
  env: RecordContext['env'],
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : (env?.[value.env] ?? ''),
    ]),
  );
