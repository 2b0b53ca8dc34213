'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import { formAction } from '#lib/http/action';
import { deletePerson } from '#lib/people/delete';
import { disablePerson, enablePerson } from '#lib/people/disable';
import { endSession } from '#lib/people/sessions';
import { setRole } from '#lib/people/set-role';
import { deletionWord } from '#ui/confirmation';

const id = z.string().max(64);
const reason = z.string().trim().min(1).max(300);

/** Gives a person another role. */
export const changeRole = formAction(
  z.object({ id, role: z.enum(['user', 'auditor', 'administrator']) }),
  { role: 'administrator' },
  async (ctx, input) => {
    await setRole(ctx, input);
    refresh();
    return undefined;
  },
);

/** Shuts a person out. */
export const disable = formAction(z.object({ id, reason }), { role: 'administrator' }, async (ctx, input) => {
  await disablePerson(ctx, input);
  refresh();
  return undefined;
});

/** Lets a disabled person sign in again. */
export const enable = formAction(z.object({ id, reason }), { role: 'administrator' }, async (ctx, input) => {
  await enablePerson(ctx, input);
  refresh();
  return undefined;
});

/** Deletes a person; what came of it is said on the list of people, since their own page is gone. */
export const remove = formAction(
  z.object({ id, reason, confirmation: z.literal(deletionWord) }),
  { role: 'administrator' },
  async (ctx, input) => ({ data: await deletePerson(ctx, input) }),
);

/** Signs one of a person's browsers out. */
export const endTheirSession = formAction(
  z.object({ session: id }),
  { role: 'administrator' },
  async (ctx, { session }) => {
    await endSession(ctx, { publicId: session });
    refresh();
    return undefined;
  },
);
