'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import { beginReseal, pauseReseal } from '#lib/vault-keys/begin-reseal';
import { countVaultKeys } from '#lib/vault-keys/list-keys';
import { retireKeyInput, retireVaultKey } from '#lib/vault-keys/retire';
import { rotateVaultKey } from '#lib/vault-keys/rotate';
import { formAction } from '#lib/web/action';

const administrator = { role: 'administrator' } as const;
const nothing = z.object({});

/** Makes a new key, which needs a sign-in of the last minutes. */
export const rotate = formAction(nothing, administrator, async (ctx) => {
  await rotateVaultKey(ctx);
  refresh();
});

/** Begins to seal all stored values anew, or goes on with it. */
export const reseal = formAction(nothing, administrator, async (ctx) => {
  await beginReseal(ctx);
  refresh();
});

/** Lets the resealing rest. */
export const pause = formAction(nothing, administrator, async (ctx) => {
  await pauseReseal(ctx);
  refresh();
});

/** Retires a key that nothing needs, which needs a sign-in of the last minutes. */
export const retire = formAction(retireKeyInput, administrator, async (ctx, input) => {
  await retireVaultKey(ctx, input);
  refresh();
});

/** Counts the stored values anew. */
export const count = formAction(nothing, administrator, async (ctx) => {
  await countVaultKeys(ctx);
  refresh();
});
