import { z } from 'zod';
import { hostEntry } from '#lib/config/address-class';
import { endpointSchema, placeholderNames, type RecordContext, safePart } from '#lib/config/provider-url';

/** The presets an entry may build on. */
export const presetNames = ['google', 'github', 'salesforce', 'okta', 'auth0', 'oidc'] as const;

const word = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'must be lower-case letters, digits and _');
/** Where in a JSON answer a value stands: member names joined by dots. */
const path = z.string().regex(/^[^.\s]+(\.[^.\s]+){0,7}$/, 'must be member names joined by dots');
const scopeToken = z.string().regex(/^[\x21\x23-\x5B\x5D-\x7E]+$/, 'is not a scope (RFC 6749 §3.3)');
const parameters = z.record(z.string().min(1), z.string());
const seconds = z.int().positive();

const protocolParameters = new Set([
  ...[
    'client_id',
    'client_secret',
    'redirect_uri',
    'response_type',
    'scope',
    'state',
    'nonce',
    'code',
    'code_verifier',
  ],
  ...['code_challenge', 'code_challenge_method', 'request', 'request_uri', 'grant_type', 'refresh_token'],
]);
const reservedName = (record: Record<string, string>) =>
  Object.keys(record).find((name) => protocolParameters.has(name));
const extraParameters = parameters.superRefine((record, ctx) => {
  const reserved = reservedName(record);
  if (reserved) ctx.addIssue(`"${reserved}" is set by the protocol and cannot be given`);
});

const accountParam = z
  .strictObject({
    name: word,
    label: z.string().min(1).max(60),
    pattern: z.string(),
    example: z.string().regex(safePart),
  })
  .superRefine(({ pattern, example }, ctx) => {
    if (!pattern.startsWith('^') || !pattern.endsWith('$'))
      ctx.addIssue({ code: 'custom', path: ['pattern'], message: 'must be anchored: ^…$' });
    try {
      if (!new RegExp(pattern, 'u').test(example))
        ctx.addIssue({ code: 'custom', path: ['example'], message: 'does not match its pattern' });
    } catch {
      ctx.addIssue({ code: 'custom', path: ['pattern'], message: 'is not a regular expression' });
    }
  });

const errorCode = z.string().regex(/^[A-Za-z0-9_.:-]{1,64}$/, 'is not an error code');

const revoke = z.strictObject({
  style: z.enum(['rfc7009', 'delete_json', 'none']).optional(),
  token_kind: z.enum(['refresh_token', 'access_token', 'both']).optional(),
  auth: z.enum(['client', 'basic', 'none']).optional(),
  blast_radius: z.enum(['token', 'grant', 'account']).optional(),
  gone_codes: z.array(errorCode).min(1).optional(),
  manual_url: z.url({ protocol: /^https$/ }).optional(),
});

const responseMode = z.strictObject({ response_mode: z.literal('query').optional() }).catchall(z.string());

/** Every field but the endpoints' URL rules; those depend on where the hub itself is. */
function recordShape(context: RecordContext) {
  const endpoint = endpointSchema(context);
  const lookup = z.strictObject({ endpoint, fields: z.record(word, path), headers: parameters.optional() });
  const identity = z.strictObject({
    source: z.enum(['id_token', 'userinfo', 'endpoint', 'token_answer']).optional(),
    endpoint: endpoint.optional(),
    endpoint_field: path.optional(),
    issuer: z.string().min(1).optional(),
    subject: path.optional(),
    label: z.array(path).min(1).optional(),
    email: path.optional(),
    email_verified: path.optional(),
    email_hosted: z.strictObject({ claim: path, domains: z.array(z.string().min(1)) }).optional(),
    name: path.optional(),
    emails_endpoint: endpoint.optional(),
    headers: parameters.optional(),
  });
  return z.strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'must be lower-case letters, digits, _ and -, at most 40'),
    name: z.string().min(1).max(60),
    preset: z.enum(presetNames).optional(),
    // RFC 8414
    issuer: endpoint.optional(),
    authorization_endpoint: endpoint.optional(),
    token_endpoint: endpoint.optional(),
    revocation_endpoint: endpoint.optional(),
    introspection_endpoint: endpoint.optional(),
    userinfo_endpoint: endpoint.optional(),
    jwks_uri: endpoint.optional(),
    authorization_response_iss_parameter_supported: z.boolean().optional(),
    id_token_signing_alg_values_supported: z.array(z.string()).min(1).optional(),
    discovery: z.enum(['oidc', 'oauth2', 'none']).optional(),
    // RFC 7591
    client_id: z.string().min(1),
    client_secret: z.string().min(1).optional(),
    client_secret_env: z.string().min(1).optional(),
    client_private_key: z.string().min(1).optional(),
    client_private_key_env: z.string().min(1).optional(),
    client_key_id: z.string().min(1).optional(),
    client_key_alg: z.enum(['RS256', 'PS256', 'ES256', 'EdDSA']).optional(),
    token_endpoint_auth_method: z
      .enum(['client_secret_basic', 'client_secret_post', 'none', 'private_key_jwt'])
      .optional(),
    basic_encoding: z.enum(['form', 'raw']).optional(),
    // The authorization request and its answer
    scopes: z.array(scopeToken).optional(),
    sign_in_scopes: z.array(scopeToken).optional(),
    scope_sep_out: z.enum([' ', ',', '+']).optional(),
    scope_sep_in: z.enum([' ', ',', '+']).optional(),
    absent_scope: z.enum(['as_asked', 'unknown']).optional(),
    scope_descriptions: z.record(z.string(), z.string().min(1)).optional(),
    authorization_params: extraParameters.pipe(responseMode).optional(),
    account_params: z.array(accountParam).max(5).optional(),
    iss_policy: z.enum(['required', 'if_present']).optional(),
    redirect_fields: z.array(z.string().min(1)).optional(),
    dangerously_without_pkce: z.boolean().optional(),
    // The token endpoint
    token_params: extraParameters.optional(),
    token_request_format: z.enum(['form', 'json']).optional(),
    accept_json: z.boolean().optional(),
    error_in_200: z.boolean().optional(),
    token_path: path.optional(),
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
    refresh_params: extraParameters.optional(),
    rotation: z.union([z.enum(['none', 'rotate']), z.strictObject({ leeway_s: z.int().nonnegative() })]).optional(),
    idle_keepalive_days: z.int().positive().nullable().optional(),
    max_grants: z.int().positive().nullable().optional(),
    dead_codes: z.array(errorCode).min(1).optional(),
    // Ending, identity, sign-in
    revoke: revoke.optional(),
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
export type ProviderRecordInput = Omit<Shape, 'client_secret_env' | 'client_private_key_env'>;

/** Presets that know where their servers are. */
const presetsWithIssuer = new Set(['google', 'github', 'salesforce']);

function faultsBetweenFields(entry: Shape, { env }: RecordContext): [field: keyof Shape, message: string][] {
  const faults: [keyof Shape, string][] = [];
  for (const field of ['client_secret', 'client_private_key'] as const) {
    const variable = entry[`${field}_env`];
    if (variable !== undefined && entry[field] !== undefined) faults.push([field, `give either this or ${field}_env`]);
    if (variable !== undefined && !env?.[variable])
      faults.push([`${field}_env`, `the variable ${variable} is not set`]);
  }
  const method = entry.token_endpoint_auth_method ?? 'client_secret_basic';
  const hasSecret = Boolean(entry.client_secret ?? entry.client_secret_env);
  if (method.startsWith('client_secret') && !hasSecret) {
    faults.push([
      'client_secret',
      'is required (or client_secret_env) unless token_endpoint_auth_method is none or private_key_jwt',
    ]);
  }
  if (method === 'private_key_jwt' && !(entry.client_private_key ?? entry.client_private_key_env)) {
    faults.push(['client_private_key', 'is required (or client_private_key_env) for private_key_jwt']);
  }
  if (method === 'none' && entry.dangerously_without_pkce) {
    faults.push(['dangerously_without_pkce', 'a client without a secret cannot go without PKCE (RFC 9700 §2.1.1)']);
  }
  if (entry.sign_in && entry.account_params?.length) {
    // A server that the visitor names could call any address verified, an administrator's too.
    faults.push(['sign_in', 'cannot go with account_params: whoever names the server would also say who they are']);
  }
  if (!entry.issuer && !presetsWithIssuer.has(entry.preset ?? '')) faults.push(['issuer', 'is required']);
  const described = new Set(entry.account_params?.map(({ name }) => name));
  for (const [field, value] of Object.entries(entry)) {
    if (typeof value !== 'string' || !/endpoint$|^issuer$|^jwks_uri$/.test(field)) continue;
    for (const name of placeholderNames(value)) {
      if (!described.has(name) && name !== 'client_id')
        faults.push([field as keyof Shape, `{${name}} is not among account_params`]);
    }
  }
  return faults;
}

/** The schema of one entry of PROVIDERS_FILE. Unknown fields are faults that name the field. */
export function providerRecordSchema(context: RecordContext) {
  return recordShape(context)
    .superRefine((entry, ctx) => {
      for (const [field, message] of faultsBetweenFields(entry, context)) {
        ctx.addIssue({ code: 'custom', path: [field], message });
      }
    })
    .transform(({ client_secret_env, client_private_key_env, ...entry }): ProviderRecordInput => {
      const secret = entry.client_secret ?? (client_secret_env && context.env?.[client_secret_env]);
      const key = entry.client_private_key ?? (client_private_key_env && context.env?.[client_private_key_env]);
      return { ...entry, ...(secret ? { client_secret: secret } : {}), ...(key ? { client_private_key: key } : {}) };
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
  });
}
