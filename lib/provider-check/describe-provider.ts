import { z } from 'zod';
import { redirectUri } from '#lib/authorization/redirect-uri';
import type { Context } from '#lib/context';
import { AppError } from '#lib/errors';
import { requireReader } from '#lib/guards/require';
import { learntEncodings } from '#lib/oauth/basic-credentials';
import { parseInput } from '#lib/parse-input';
import { type ClientSecretUse, listClientSecrets } from '#lib/provider-calls/client-secret-uses';
import { recallLearnt } from '#lib/provider-calls/learnt-encodings';
import type { ProviderRecord } from '#lib/providers/record';
import { relaxedFields } from '#lib/providers/relaxations';

/** The record of a provider, without its secrets. */
export interface ProviderDescription {
  provider: { id: string; name: string; preset: string };
  redirectUri: string;
  clientId: string;
  issuer: string;
  /** Null: the metadata says them. */
  endpoints: { name: string; url: string | null }[];
  scopes: { name: string; description: string | null }[];
  accountParams: { name: string; label: string; pattern: string; example: string }[];
  connect: boolean;
  signIn: boolean;
  failureScenarios: boolean;
  discovery: ProviderRecord['discovery'];
  authMethod: ProviderRecord['token_endpoint_auth_method'];
  /** Hosts that were found to read another encoding of HTTP Basic than the record says. */
  learntEncodings: { host: string; encoding: ProviderRecord['basic_encoding'] }[];
  issPolicy: ProviderRecord['iss_policy'];
  rotation: ProviderRecord['rotation'];
  expiresDefault: number | null;
  absentScope: ProviderRecord['absent_scope'];
  idleDays: number | null;
  revoke: Pick<ProviderRecord['revoke'], 'style' | 'blast_radius' | 'manual_url'>;
  identity: ProviderRecord['identity']['source'];
  /** The relaxations that the record switches on, by their paths. */
  relaxations: string[];
}

const endpoints = [
  'authorization_endpoint',
  'token_endpoint',
  'refresh_endpoint',
  'revocation_endpoint',
  'introspection_endpoint',
  'pushed_authorization_request_endpoint',
  'userinfo_endpoint',
  'jwks_uri',
] as const;

function toDescription(ctx: Context, record: ProviderRecord): ProviderDescription {
  return {
    provider: { id: record.id, name: record.name, preset: record.preset ?? 'oidc' },
    redirectUri: redirectUri(ctx, record),
    clientId: record.client_id,
    issuer: record.issuer,
    endpoints: endpoints.map((name) => ({ name, url: record[name] })),
    scopes: record.scopes.map((name) => ({ name, description: record.scope_descriptions[name] ?? null })),
    accountParams: record.account_params.map(({ name, label, pattern, example }) => ({
      name,
      label,
      pattern,
      example,
    })),
    connect: record.connect,
    signIn: record.sign_in,
    failureScenarios: record.failure_scenarios,
    discovery: record.discovery,
    authMethod: record.token_endpoint_auth_method,
    learntEncodings: [...learntEncodings(record)].map(([host, encoding]) => ({ host, encoding })),
    issPolicy: record.iss_policy,
    rotation: record.rotation,
    expiresDefault: record.expires_default,
    absentScope: record.absent_scope,
    idleDays: record.idle_keepalive_days,
    revoke: {
      style: record.revoke.style,
      blast_radius: record.revoke.blast_radius,
      manual_url: record.revoke.manual_url,
    },
    identity: record.identity.source,
    relaxations: relaxedFields(record),
  };
}

/** Every configured provider, for administrators and auditors. @throws AppError `unauthenticated`, `forbidden` */
export function describeProviders(ctx: Context): ProviderDescription[] {
  requireReader(ctx);
  return ctx.providers.list().map((record) => toDescription(ctx, record));
}

const input = z.object({ provider: z.string().max(64) });

/** One of them, with how its secrets were taken. @throws AppError `unauthenticated`, `forbidden`, `invalid_request`, `not_found` */
export async function describeProvider(
  ctx: Context,
  given: z.input<typeof input>,
): Promise<ProviderDescription & { secrets: ClientSecretUse[] }> {
  requireReader(ctx);
  const record = ctx.providers.get(parseInput(input, given).provider);
  if (!record) throw new AppError('not_found');
  await recallLearnt(ctx);
  return { ...toDescription(ctx, record), secrets: await listClientSecrets(ctx, record) };
}
