import { z } from 'zod';
import { endpointSchema, type RecordContext } from '#lib/config/provider-url';

const assertionIssuer = z.string().regex(/^[\x21-\x7e]{1,200}$/, 'must be plain characters without white space');

/** The fields of an entry that say who the hub is at its server, and how it shows that (RFC 7591). */
export const clientFields = (context: RecordContext) => ({
  client_id: z.string().min(1),
  client_secret: z.string().min(1).optional(),
  client_secret_env: z.string().min(1).optional(),
  client_secret_previous: z.string().min(1).optional(),
  client_secret_previous_env: z.string().min(1).optional(),
  client_private_key: z.string().min(1).optional(),
  client_private_key_env: z.string().min(1).optional(),
  client_key_id: z.string().min(1).optional(),
  client_assertion_audience: z
    .union([z.enum(['issuer', 'token_endpoint']), endpointSchema(context)], {
      error: 'must be issuer, token_endpoint or an absolute URL',
    })
    .optional(),
  client_assertion_issuer: assertionIssuer.optional(),
  client_key_alg: z
    .enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'])
    .optional(),
  token_endpoint_auth_method: z
    .enum(['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'none', 'private_key_jwt'])
    .optional(),
  basic_encoding: z.enum(['form', 'raw']).optional(),
  basic_user: z.enum(['client_id', 'client_secret']).optional(),
  client_id_in_body: z.boolean().optional(),
});

type Fields = ReturnType<typeof clientFields>;
type ClientEntry = { [K in keyof Fields]?: z.infer<Fields[K]> } & {
  dangerously_without_pkce?: boolean | undefined;
  code_challenge_methods_supported?: string[] | undefined;
};
type Fault = [field: keyof Fields | 'dangerously_without_pkce', message: string];

/** An assertion shows which secret signed it to the server alone: there is none to put in its place. */
const sendsSecret = (method: string): boolean => method === 'client_secret_basic' || method === 'client_secret_post';

/** The faults of these fields: a missing one, a contradiction with another one, or a variable that is not set. */
export function clientFaults(entry: ClientEntry, env: RecordContext['env']): Fault[] {
  const faults: Fault[] = [];
  for (const field of ['client_secret', 'client_secret_previous', 'client_private_key'] as const) {
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
  if ((entry.client_secret_previous ?? entry.client_secret_previous_env) && !sendsSecret(method))
    faults.push(['client_secret_previous', 'needs a client_secret beside it, and a method that sends it']);
  const { client_secret, client_secret_previous } = clientSecrets(entry, env);
  if (client_secret !== undefined && client_secret === client_secret_previous)
    faults.push(['client_secret_previous', 'is the same as client_secret: give the one that it replaced']);
  if (entry.client_id_in_body && method !== 'client_secret_basic')
    faults.push(['client_id_in_body', 'goes with client_secret_basic alone: the other methods have it there anyway']);
  if (method === 'private_key_jwt' && !(entry.client_private_key ?? entry.client_private_key_env)) {
    faults.push(['client_private_key', 'is required (or client_private_key_env) for private_key_jwt']);
  }
  if (entry.client_assertion_issuer !== undefined && !method.endsWith('_jwt')) {
    faults.push(['client_assertion_issuer', 'needs token_endpoint_auth_method private_key_jwt or client_secret_jwt']);
  }
  if (method === 'none' && entry.dangerously_without_pkce) {
    faults.push(['dangerously_without_pkce', 'a client without a secret cannot go without PKCE (RFC 9700 §2.1.1)']);
  }
  if (entry.code_challenge_methods_supported && entry.dangerously_without_pkce) {
    faults.push(['dangerously_without_pkce', 'cannot go with code_challenge_methods_supported: the server does PKCE']);
  }
  return faults;
}

/** The secrets and the key, from wherever the entry has them. */
export function clientSecrets(entry: ClientEntry, env: RecordContext['env']) {
  const secret = entry.client_secret ?? (entry.client_secret_env && env?.[entry.client_secret_env]);
  const previous =
    entry.client_secret_previous ?? (entry.client_secret_previous_env && env?.[entry.client_secret_previous_env]);
  const key = entry.client_private_key ?? (entry.client_private_key_env && env?.[entry.client_private_key_env]);
  return {
    ...(secret ? { client_secret: secret } : {}),
    ...(previous ? { client_secret_previous: previous } : {}),
    ...(key ? { client_private_key: key } : {}),
  };
}
