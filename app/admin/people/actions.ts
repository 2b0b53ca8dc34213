'use server';

import { refresh } from 'next/cache';
import { z } from 'zod';
import { deletePerson, deletePersonInput } from '#lib/people/delete';
import { disablePerson, disablePersonInput, enablePerson } from '#lib/people/disable';
import { setRole, setRoleInput } from '#lib/people/set-role';
import { endSession } from '#lib/sign-in/end-session';
import { formAction } from '#lib/web/action';
import { deletionWord, disablingWord } from '#ui/confirmation';

const administrator = { role: 'administrator' } as const;

/** Gives a person another role. */
export const changeRole = formAction(setRoleInput, administrator, async (ctx, input) => {
  await setRole(ctx, input);
  refresh();
  return undefined;
});

/** Shuts a person out. */
export const disable = formAction(
  disablePersonInput.extend({ confirmation: z.literal(disablingWord) }),
  administrator,
  async (ctx, { confirmation: _typed, ...input }) => {
    await disablePerson(ctx, input);
    refresh();
    return undefined;
  },
);

/** Lets a disabled person sign in again. */
export const enable = formAction(disablePersonInput, administrator, async (ctx, input) => {
  await enablePerson(ctx, input);
  refresh();
  return undefined;
});

/** Deletes a person; what came of it is said on the list of people, since their own page is gone. */
export const remove = formAction(
  deletePersonInput.extend({ confirmation: z.literal(deletionWord) }),
  administrator,
  async (ctx, input) => ({ data: await deletePerson(ctx, input) }),
);

/** Signs one of a person's browsers out. */
export const endTheirSession = formAction(
  z.object({ session: z.string().max(64) }),
  administrator,
  async (ctx, { session }) => {
    await endSession(ctx, { publicId: session });
    refresh();
    return undefined;
  },
);
