import { z } from 'zod';
import { accountChoiceFaults, accountChoiceFields } from '#lib/config/account-choice';
import { hostEntry } from '#lib/config/address-class';
import { errorCodePattern } from '#lib/config/error-code';
import { clientFaults, clientFields, clientSecrets } from '#lib/config/provider-client';
import { accountParam, partFaults, word } from '#lib/config/provider-parts';
import {
  callHeaders,
  parameterValues,
  requestFaults,
  requestFields,
  revokeParamNames,
  tokenHeaders,
} from '#lib/config/provider-request';
import { scopeFields } from '#lib/config/provider-scopes';
import { tokenPlaceFaults, tokenPlaceFields } from '#lib/config/provider-token-place';
import {
  authorizationEndpointSchema,
  endpointSchema,
  fixedEndpointSchema,
  type RecordContext,
} from '#lib/config/provider-url';
import { looksSecret } from '#lib/config/secret-field';
import { tenantIssuer } from '#lib/config/tenant-issuer';

/** The presets an entry may build on. */
export const presetNames = [
  ...(['google', 'github', 'salesforce', 'okta', 'auth0', 'oidc'] as const),
  ...(['airtable', 'asana', 'atlassian', 'bitbucket', 'box', 'discord', 'dropbox', 'entra'] as const),
  ...(['figma', 'gitlab', 'hubspot', 'intercom', 'linear', 'linkedin', 'monday', 'notion'] as const),
  ...(['quickbooks', 'shopify', 'slack', 'slack-user', 'strava', 'stripe', 'x', 'xero', 'zendesk'] as const),
  ...(['zoom'] as const),
] as const;

/** Where in a JSON answer a value stands: member names joined by dots. */
const path = z.string().regex(/^[^.\s]+(\.[^.\s]+){0,7}$/, 'must be member names joined by dots');
const seconds = z.int().positive();

/** The parameters that both requests set themselves. */
const bothSet = ['client_id', 'client_secret', 'code', 'code_verifier', 'refresh_token'];
const inAuthorization = new Set([
  ...[
    ...bothSet,
    'grant_type',
    'scope',
    'state',
    'nonce',
    'code_challenge',
    'code_challenge_method',
    'request',
    'request_uri',
  ],
]);
const inTokenRequest = new Set([...bothSet, 'client_assertion', 'client_assertion_type']);
const furtherParameters = (reserved: ReadonlySet<string>) =>
  z.record(z.string().min(1), parameterValues).superRefine((record, ctx) => {
    const name = Object.keys(record).find((one) => reserved.has(one));
    if (name) ctx.addIssue(`"${name}" is set by the protocol and cannot be given`);
  });
const tokenParameters = furtherParameters(inTokenRequest);

const domain = z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a domain, in lower case');

/** The fields that a revocation drill sends to one page of the server. */
const drillForm = z.record(
  z.string().min(1).max(100),
  z.union([z.string().max(300), z.array(z.string().max(300)).max(50)]),
);

const errorCode = z.string().regex(errorCodePattern, 'is not an error code');

const life = z.strictObject({ path, as: z.enum(['seconds', 'milliseconds', 'moment']) });

/** A word of the server for a bearer token. Types that need a proof of their own are never that. */
const bearerType = z
  .string()
  .regex(/^[A-Za-z0-9.:_-]{1,80}$/, 'is not a token type')
  .refine((word) => !/^(mac|dpop|pop|n_a)$/i.test(word), 'is no bearer token');

const answerRule = z
  .strictObject({
    status: z.int().min(200).max(499).optional(),
    path: path.optional(),
    value: z.string().min(1).optional(),
  })
  .refine(({ path, value }) => (path === undefined) === (value === undefined), 'path and value go together')
  .refine(
    ({ status, path }) =>
      path !== undefined || (status !== undefined && status >= 400 && status !== 429 && status !== 401),
    {
      message: 'needs a path and a value, or a status that says nothing else (never 401 or 429)',
    },
  );

const revoke = z.strictObject({
  style: z.enum(['rfc7009', 'delete_json', 'bearer', 'none']).optional(),
  method: z.enum(['POST', 'DELETE']).optional(),
  format: z.enum(['form', 'json']).optional(),
  token_kind: z.enum(['refresh_token', 'access_token', 'both']).optional(),
  auth: z.enum(['client', 'basic', 'none']).optional(),
  blast_radius: z.enum(['token', 'grant', 'account']).optional(),
  gone_codes: z.array(errorCode).min(1).optional(),
  gone_answers: z.array(answerRule).min(1).max(10).optional(),
  manual_url: z.url({ protocol: /^https$/ }).optional(),
  param_names: revokeParamNames.optional(),
});

const responseMode = z.strictObject({ response_mode: z.literal('query').optional() }).catchall(parameterValues);

/** Every field but the endpoints' URL rules; those depend on where the hub itself is. */
function recordShape(context: RecordContext) {
  const endpoint = endpointSchema(context);
  const call = {
    method: z.enum(['GET', 'POST']).optional(),
    body: z.record(z.string(), z.json()).optional(),
    headers: callHeaders(context).optional(),
    ...tokenPlaceFields,
  };
  const lookup = z.strictObject({
    endpoint,
    fields: z.record(word, path),
    choose: z.boolean().optional(),
    name: z.string().min(1).max(40).optional(),
    entries: path.optional(),
    entry_label: z.array(path).min(1).optional(),
    ...call,
  });
  const identity = z.strictObject({
    source: z.enum(['id_token', 'userinfo', 'endpoint', 'token_answer', 'introspection', 'none']).optional(),
    endpoint: endpoint.optional(),
    endpoint_field: path.optional(),
    issuer: z.string().min(1).optional(),
    subject: path.optional(),
    key: z.array(path).min(1).max(4).optional(),
    label: z.array(path).min(1).optional(),
    email: path.optional(),
    email_verified: path.optional(),
    email_hosted: z.strictObject({ claim: path, domains: z.array(z.string().min(1)) }).optional(),
    name: path.optional(),
    emails_endpoint: endpoint.optional(),
    ...call,
  });
  return z.strictObject({
    id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'must be lower-case letters, digits, _ and -, at most 40')
      .optional(),
    name: z.string().min(1).max(60).optional(),
    preset: z.enum(presetNames).optional(),
    // RFC 8414
    issuer: endpoint.optional(),
    authorization_endpoint: authorizationEndpointSchema(context).optional(),
    token_endpoint: endpoint.optional(),
    revocation_endpoint: endpoint.optional(),
    introspection_endpoint: endpoint.optional(),
    // RFC 9126
    pushed_authorization_request_endpoint: endpoint.optional(),
    require_pushed_authorization_requests: z.boolean().optional(),
    userinfo_endpoint: endpoint.optional(),
    jwks_uri: endpoint.optional(),
    authorization_response_iss_parameter_supported: z.boolean().optional(),
    code_challenge_methods_supported: z
      .array(z.string())
      .refine((methods) => methods.includes('S256'), 'must name S256: the hub uses no other method')
      .optional(),
    id_token_signing_alg_values_supported: z.array(z.string()).min(1).optional(),
    discovery: z.enum(['oidc', 'oauth2', 'none']).optional(),
    metadata_url: fixedEndpointSchema(context).optional(),
    tenant_issuer: tenantIssuer(context).optional(),
    ...clientFields(context),
    // The authorization request and its answer
    ...scopeFields,
    authorization_params: furtherParameters(inAuthorization).pipe(responseMode).optional(),
    account_params: z.array(accountParam).max(5).optional(),
    operated_suffixes: z.array(domain).min(1).max(20).optional(),
    dangerously_with_typed_hosts: z.boolean().optional(),
    shares_issuer: z.boolean().optional(),
    failure_scenarios: z.boolean().optional(),
    drill_consent: z.array(drillForm).min(1).max(5).optional(),
    redirect_uri: z.enum(['own', 'shared']).optional(),
    iss_policy: z.enum(['required', 'if_present']).optional(),
    redirect_fields: z.array(z.string().min(1)).optional(),
    declined_codes: z.array(errorCode).min(1).optional(),
    dangerously_without_pkce: z.boolean().optional(),
    dangerously_without_nonce: z.boolean().optional(),
    dangerously_without_id_token: z.boolean().optional(),
    ...requestFields(context),
    ...accountChoiceFields,
    // The token endpoint
    token_params: tokenParameters.optional(),
    token_request_format: z.enum(['form', 'json']).optional(),
    accept_json: z.boolean().optional(),
    error_in_200: z.boolean().optional(),
    token_path: z.union([path, z.array(path).min(1).max(5)]).optional(),
    bearer_token_types: z.array(bearerType).min(1).max(5).optional(),
    access_token_life: life.optional(),
    refresh_token_life: life.optional(),
    response_fields: z.array(path).optional(),
    url_field_hosts: z
      .record(
        z.string(),
        z.array(
          z.string().transform((text, ctx) => {
            if (/^\.[a-z0-9.-]+$/.test(text)) return text;
            const entry = hostEntry(text);
            if (entry === null) ctx.addIssue('must be a host, host:port, [IPv6], [IPv6]:port or .suffix');
            return entry ?? '';
          }),
        ),
      )
      .optional(),
    expires_default: seconds.nullable().optional(),
    expiry_probe: z.enum(['introspect', 'none']).optional(),
    // Refreshing
    refresh_endpoint: endpoint.optional(),
    refresh_params: tokenParameters.optional(),
    rotation: z.union([z.enum(['none', 'rotate']), z.strictObject({ leeway_s: z.int().nonnegative() })]).optional(),
    idle_keepalive_days: z.int().positive().nullable().optional(),
    max_grants: z.int().positive().nullable().optional(),
    dead_codes: z.array(errorCode).min(1).optional(),
    dead_answers: z.array(answerRule).min(1).max(10).optional(),
    client_refused_answers: z.array(answerRule).min(1).max(10).optional(),
    reuse_codes: z.array(errorCode).optional(),
    // Ending, identity, sign-in
    revoke: revoke.extend({ headers: callHeaders(context).optional() }).optional(),
    identity: identity.optional(),
    lookups: z.array(lookup).max(5).optional(),
    push_signal: z.enum(['none', 'risc', 'ssf', 'webhook', 'log_stream']).optional(),
    sign_in: z.boolean().optional(),
    connect: z.boolean().optional(),
    trusted_email: z.boolean().optional(),
    step_up: z.enum(['auth_time', 'session_only']).optional(),
  });
}

type Shape = z.infer<ReturnType<typeof recordShape>>;

/** One entry as it leaves the schema: `…_env` fields are resolved into the fields they stand for. */
export type ProviderRecordInput = Omit<
  Shape,
  'id' | 'client_secret_env' | 'client_secret_previous_env' | 'client_private_key_env' | 'token_headers'
> & { id: string; token_headers?: Record<string, string> };

/** Presets of servers that are everywhere: the operator has to say which one. */
const presetsWithoutIssuer = new Set(['oidc', 'okta', 'auth0']);

function faultsBetweenFields(entry: Shape, { env }: RecordContext): [field: keyof Shape, message: string][] {
  const faults = [
    ...clientFaults(entry, env),
    ...requestFaults(entry, env),
    ...accountChoiceFaults(entry),
    ...tokenPlaceFaults(entry),
    ...partFaults(entry),
  ] as [keyof Shape, string][];
  if (entry.sign_in && entry.account_params?.length) {
    // A server that the visitor names could call any address verified, an administrator's too.
    faults.push([
      'sign_in',
      'cannot go with account_params: a person who names the server would also decide who they are',
    ]);
  }
  const known = entry.preset !== undefined && entry.preset !== 'oidc';
  if (entry.id === undefined && !known) faults.push(['id', 'is required']);
  if (entry.name === undefined && !known) faults.push(['name', 'is required']);
  if (!entry.issuer && presetsWithoutIssuer.has(entry.preset ?? 'oidc')) faults.push(['issuer', 'is required']);
  if (entry.metadata_url && (entry.discovery === 'none' || entry.tenant_issuer || entry.issuer?.includes('{')))
    faults.push(['metadata_url', 'is that of one issuer, which the record names']);
  if (Object.values(entry.revoke?.headers ?? {}).some((text) => typeof text === 'string' && /[{}]/.test(text)))
    faults.push(['revoke', 'its headers cannot hold {parts}']);
  for (const [field, name] of keptFields(entry)) {
    const isToken = [entry.token_path ?? []].flat().includes(name);
    if (isToken || looksSecret(name)) faults.push([field, `"${name}" looks like a secret, which no connection shows`]);
  }
  return faults;
}

/** Fields that the connection would keep, each with where in the entry it stands. */
function keptFields(entry: Shape): [keyof Shape, string][] {
  const { response_fields = [], redirect_fields = [], lookups = [], identity = {} } = entry;
  const looked = lookups.flatMap(({ fields }) => Object.entries(fields).flat());
  const { label = [], key = [], subject, name, email } = identity;
  const last = (path: string) => path.slice(path.lastIndexOf('.') + 1);
  // An account may stand beside a token, as in `token.user`: only the value itself counts.
  const account = [...label, ...key, subject, name, email].flatMap((path) => (path ? [last(path)] : []));
  return [
    ...account.map((name): [keyof Shape, string] => ['identity', name]),
    ...lookups.flatMap(({ entry_label = [] }) =>
      entry_label.map((path): [keyof Shape, string] => ['lookups', last(path)]),
    ),
    ...response_fields.map((name): [keyof Shape, string] => ['response_fields', name]),
    ...redirect_fields.map((name): [keyof Shape, string] => ['redirect_fields', name]),
    ...looked.map((name): [keyof Shape, string] => ['lookups', name]),
  ];
}

/** The schema of one entry of PROVIDERS_FILE. Unknown fields are faults that name the field. */
export function providerRecordSchema(context: RecordContext) {
  return recordShape(context)
    .superRefine((entry, ctx) => {
      for (const [field, message] of faultsBetweenFields(entry, context)) {
        ctx.addIssue({ code: 'custom', path: [field], message });
      }
    })
    .transform((given): ProviderRecordInput => {
      const { client_secret_env, client_secret_previous_env, client_private_key_env, token_headers, ...entry } = given;
      const id = entry.id ?? entry.preset ?? '';
      return {
        ...entry,
        id,
        ...clientSecrets(given, context.env),
        ...(token_headers ? { token_headers: tokenHeaders(token_headers, context.env) } : {}),
      };
    });
}

/** The schema of the whole file: an array of entries, no id twice. */
export function providersFileSchema(context: RecordContext) {
  return z.array(providerRecordSchema(context)).superRefine((entries, ctx) => {
    const seen = new Set<string>();
    for (const [index, { id }] of entries.entries()) {
      if (seen.has(id))
        ctx.addIssue({ code: 'custom', path: [index, 'id'], message: `"${id}" is used by another entry` });
      seen.add(id);
    }
    const shared = [...entries.entries()].filter(([, { redirect_uri }]) => redirect_uri === 'shared');
    for (const [index, { iss_policy }] of shared.length > 1 ? shared : []) {
      if (iss_policy === 'required') continue;
      const message =
        'may be shared by several entries only where the iss_policy of each is required (RFC 9700 §4.4.2)';
      ctx.addIssue({ code: 'custom', path: [index, 'redirect_uri'], message });
    }
  });
}
