import { z } from 'zod';
import { redirectUri } from '#lib/authorization/redirect-uri';
import type { Context } from '#lib/context';
import { AppError } from '#lib/errors';
import { requireReader } from '#lib/guards/require';
import { learntEncoding } from '#lib/oauth/basic-credentials';
import { parseInput } from '#lib/parse-input';
import { recallEncodings } from '#lib/provider-calls/learnt-encodings';
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
  discovery: ProviderRecord['discovery'];
  authMethod: ProviderRecord['token_endpoint_auth_method'];
  /** The encoding of HTTP Basic that a process of the hub found to work although the record says the other one. */
  learntEncoding: ProviderRecord['basic_encoding'] | null;
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
    discovery: record.discovery,
    authMethod: record.token_endpoint_auth_method,
    learntEncoding: learntEncoding(record) ?? null,
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

/** One of them. @throws AppError `unauthenticated`, `forbidden`, `invalid_request`, `not_found` */
export async function describeProvider(ctx: Context, given: z.input<typeof input>): Promise<ProviderDescription> {
  requireReader(ctx);
  const record = ctx.providers.get(parseInput(input, given).provider);
  if (!record) throw new AppError('not_found');
  await recallEncodings(ctx);
  return toDescription(ctx, record);
}
