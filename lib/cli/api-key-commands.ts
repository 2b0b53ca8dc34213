import { z } from 'zod';
import { createApiKey } from '#lib/api-keys/create-api-key';
import { listApiKeys } from '#lib/api-keys/list-api-keys';
import { revokeApiKey } from '#lib/api-keys/revoke-api-key';
import { rotateApiKey } from '#lib/api-keys/rotate-api-key';
import { setAddresses } from '#lib/api-keys/set-addresses';
import type { ApiKeyView } from '#lib/api-keys/views';
import type { Context } from '#lib/context';
import { apiKeyScopes } from '#lib/db/schema/api-key-scopes';

const addresses = { ipRanges: z.array(z.string()).nullable(), ipRule: z.enum(['deny', 'alert']) };

/** The commands about API keys. */
export const apiKeyCommands = [
  z.strictObject({
    command: z.literal('api-key create'),
    name: z.string(),
    purpose: z.string().nullable(),
    owner: z.string().nullable(),
    scopes: z.array(z.enum(apiKeyScopes)),
    providers: z.array(z.string()).nullable(),
    applicationId: z.string().nullable(),
    expiresInDays: z.number().positive().max(36_500).nullable(),
    ...addresses,
  }),
  z.strictObject({ command: z.literal('api-key addresses'), id: z.string(), ...addresses }),
  z.strictObject({ command: z.literal('api-key rotate'), id: z.string(), overlapHours: z.int() }),
  z.strictObject({
    command: z.literal('api-key list'),
    application: z.string().optional(),
    cursor: z.string().optional(),
  }),
  z.strictObject({ command: z.literal('api-key revoke'), id: z.string() }),
] as const;

export type ApiKeyCommand = z.infer<(typeof apiKeyCommands)[number]>;

const dayMs = 86_400_000;

function toLine(view: ApiKeyView): Record<string, unknown> {
  return {
    id: view.id,
    name: view.name,
    prefix: view.prefix,
    purpose: view.purpose,
    owner: view.owner,
    replaces: view.replaces,
    status: view.status,
    scopes: view.scopes,
    providers: view.providers,
    application: view.applicationId,
    created_at: view.createdAt.toISOString(),
    created_by: view.createdBy,
    ip_ranges: view.ipRanges,
    ip_rule: view.ipRanges && view.ipRule,
    frozen: view.frozen,
    expires_at: view.expiresAt?.toISOString() ?? null,
    last_used_at: view.lastUsedAt?.toISOString() ?? null,
    revoked_at: view.revokedAt?.toISOString() ?? null,
  };
}

/** Runs a command about API keys and answers its lines, at most `limit`. @throws AppError as the verbs do */
export async function runApiKeyCommand(
  ctx: Context,
  command: ApiKeyCommand,
  limit: number,
): Promise<Record<string, unknown>[]> {
  switch (command.command) {
    case 'api-key create': {
      const { command: _verb, expiresInDays, ...given } = command;
      const expiresAt = expiresInDays === null ? null : new Date(ctx.now().getTime() + expiresInDays * dayMs);
      const { key, apiKey } = await createApiKey(ctx, { ...given, expiresAt });
      const { id, name, scopes, applicationId: application } = apiKey;
      return [{ id, name, key, scopes, application, expires_at: apiKey.expiresAt?.toISOString() ?? null }];
    }
    case 'api-key rotate': {
      const { key, apiKey, old } = await rotateApiKey(ctx, { id: command.id, overlapHours: command.overlapHours });
      const ends = { old: old.id, old_expires_at: old.expiresAt?.toISOString() ?? null };
      return [{ id: apiKey.id, name: apiKey.name, key, scopes: apiKey.scopes, ...ends }];
    }
    case 'api-key list': {
      const { application, cursor } = command;
      return (await listApiKeys(ctx, { application, cursor, limit })).items.map(toLine);
    }
    case 'api-key addresses': {
      const { id, ipRanges, ipRule } = command;
      return [toLine(await setAddresses(ctx, { id, ipRanges, ipRule }))];
    }
    case 'api-key revoke':
      return [toLine(await revokeApiKey(ctx, { id: command.id }))];
  }
}
