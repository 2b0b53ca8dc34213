'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import { createApiKey, createApiKeyInput } from '#lib/api-keys/create-api-key';
import { keyDetailFields } from '#lib/api-keys/key-details';
import { revokeApiKey } from '#lib/api-keys/revoke-api-key';
import { longestOverlapHours, rotateApiKey } from '#lib/api-keys/rotate-api-key';
import { setAddresses } from '#lib/api-keys/set-addresses';
import { setKeyDetails, setKeyDetailsInput } from '#lib/api-keys/set-key-details';
import { listConnections } from '#lib/connections/list';
import { formAction } from '#lib/web/action';
import { curlLine } from '#ui/curl-line';

const list = z
  .union([z.string(), z.array(z.string())])
  .optional()
  .transform((value) => (value === undefined ? [] : [value].flat()));

/** Addresses as they are typed, one under the other or with commas; none at all is no rule. */
const addresses = z
  .string()
  .max(10_000)
  .default('')
  .transform((text) => text.split(/[\s,]+/).filter((part) => part !== ''));
const elsewhere = z.enum(['deny', 'alert']).default('deny');
const orNone = (ranges: string[]) => (ranges.length > 0 ? ranges : null);

const keyInput = z.object({
  ...keyDetailFields,
  name: z.string().trim().min(1, 'Give it a name').max(100),
  scopes: list.pipe(createApiKeyInput.shape.scopes),
  providers: list,
  days: z.enum(['', '7', '30', '90', '365']),
  ipRanges: addresses,
  ipRule: elsewhere,
  applicationId: z
    .string()
    .max(64)
    .optional()
    .transform((id) => id || null),
});

const dayInMilliseconds = 24 * 60 * 60 * 1000;

/** Makes a key and answers it once, with a line that can be run as it stands. */
export const createKey = formAction(
  keyInput,
  { role: 'administrator' },
  async (ctx, { days, providers, ipRanges, ...given }) => {
    const expiresAt = days === '' ? null : new Date(ctx.now().getTime() + Number(days) * dayInMilliseconds);
    // Asked for first: a fault after the key was made would lose the only sight of it.
    const { items } = await listConnections(ctx, {
      status: 'connected',
      limit: 50,
      ...(given.applicationId ? { application: given.applicationId } : {}),
    });
    const { key, apiKey } = await createApiKey(ctx, {
      ...given,
      providers: providers.length > 0 ? providers : null,
      expiresAt,
      ipRanges: orNone(ipRanges),
    });
    const example = items.find(({ provider }) => apiKey.providers?.includes(provider.id) ?? true);
    refresh();
    return {
      data: {
        secret: key,
        name: apiKey.name,
        curl: curlLine({ appUrl: ctx.config.appUrl.origin, key, scopes: given.scopes, connectionId: example?.id }),
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

/** Says where a key is expected from; effective at its next call. */
export const changeAddresses = formAction(
  z.object({ id: z.string().max(64), ipRanges: addresses, ipRule: elsewhere }),
  { role: 'administrator' },
  async (ctx, { id, ipRanges, ipRule }) => {
    await setAddresses(ctx, { id, ipRanges: orNone(ipRanges), ipRule });
    refresh();
    return undefined;
  },
);

/** Sets what people read about a key. */
export const changeDetails = formAction(setKeyDetailsInput, { role: 'administrator' }, async (ctx, input) => {
  await setKeyDetails(ctx, input);
  refresh();
  return undefined;
});

/** Makes a key in the place of another and answers it once; both are accepted until the overlap is over. */
export const rotateKey = formAction(
  z.object({ id: z.string().max(64), overlapHours: z.coerce.number().int().min(0).max(longestOverlapHours) }),
  { role: 'administrator' },
  async (ctx, input) => {
    const { key, apiKey } = await rotateApiKey(ctx, input);
    refresh();
    return { data: { id: apiKey.id, secret: key } };
  },
);
