'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import { createApiKey, createApiKeyInput } from '#lib/access/create-api-key';
import { revokeApiKey } from '#lib/access/revoke-api-key';
import { listConnections } from '#lib/connections/list';
import { formAction } from '#lib/http/action';
import { curlLine } from '#ui/curl-line';

const list = z
  .union([z.string(), z.array(z.string())])
  .optional()
  .transform((value) => (value === undefined ? [] : [value].flat()));

const keyInput = z.object({
  name: z.string().trim().min(1, 'Give it a name').max(100),
  scopes: list.pipe(createApiKeyInput.shape.scopes),
  providers: list,
  days: z.enum(['', '7', '30', '90', '365']),
});

const dayInMilliseconds = 24 * 60 * 60 * 1000;

/** Makes a key and answers it once, with a line that can be run as it stands. */
export const createKey = formAction(
  keyInput,
  { role: 'administrator' },
  async (ctx, { name, scopes, providers, days }) => {
    const expiresAt = days === '' ? null : new Date(ctx.now().getTime() + Number(days) * dayInMilliseconds);
    const { key, apiKey } = await createApiKey(ctx, {
      name,
      scopes,
      providers: providers.length > 0 ? providers : null,
      expiresAt,
    });
    const { items } = await listConnections(ctx, { status: 'connected', limit: 50 });
    const example = items.find(({ provider }) => apiKey.providers?.includes(provider.id) ?? true);
    refresh();
    return {
      data: {
        secret: key,
        name: apiKey.name,
        curl: curlLine({ appUrl: ctx.config.appUrl.origin, key, scopes, connectionId: example?.id }),
      },
    };
  },
);

/** Ends a key; calls with it are refused from the next one on. */
export const revokeKey = formAction(
  z.object({ id: z.string().max(64) }),
  { role: 'administrator' },
  async (ctx, { id }) => {
    await revokeApiKey(ctx, { id });
    refresh();
    return undefined;
  },
);
