'use server';

import { refresh } from 'next/cache';
import { redirect } from 'next/navigation';
import { z } from 'zod';
import { changeApplication } from '#lib/applications/change';
import { createApplication } from '#lib/applications/create';
import { applicationFields } from '#lib/applications/details';
import { disableApplication, disableApplicationInput, enableApplication } from '#lib/applications/disable';
import { setAppearance } from '#lib/applications/set-appearance';
import { formAction } from '#lib/web/action';

/** Texts as they are typed, one a line. */
const lines = z
  .string()
  .max(50_000)
  .default('')
  .transform((text) =>
    text
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  );

/** `provider:scope`, one a line. */
const scopeLines = lines.transform((texts, ctx) => {
  const scopes = new Map<string, string[]>();
  for (const text of texts) {
    const [, provider, scope] = /^([^:\s]+):(\S+)$/.exec(text) ?? [];
    if (provider && scope) scopes.set(provider, [...(scopes.get(provider) ?? []), scope]);
    else ctx.addIssue('must be written as provider:scope, one a line');
  }
  return Object.fromEntries(scopes);
});

const providers = z
  .union([z.string(), z.array(z.string())])
  .optional()
  .transform((value) => (value === undefined ? null : [value].flat()));

const form = {
  name: applicationFields.name,
  contact: applicationFields.contact,
  returnUrls: lines.pipe(applicationFields.returnUrls),
  providers,
  scopes: scopeLines,
};

/** Registers an application and leads to its page. */
export const registerApplication = formAction(z.object(form), { role: 'administrator' }, async (ctx, input) => {
  const { id } = await createApplication(ctx, input);
  redirect(`/admin/applications/${id}`);
});

/** Changes an application; effective at its next call. */
export const saveApplication = formAction(
  z.object({ id: z.string().max(64), ...form }),
  { role: 'administrator' },
  async (ctx, input) => {
    await changeApplication(ctx, input);
    refresh();
    return { message: 'Saved.' };
  },
);

/** Sets the logo and the colours of an application. */
export const saveAppearance = formAction(
  z.object({
    id: z.string().max(64),
    /** Base64; empty: as it is. */
    logo: z.string().max(100_000).default(''),
    withoutLogo: z.literal('yes').optional(),
    light: z.string().max(20).default(''),
    dark: z.string().max(20).default(''),
  }),
  { role: 'administrator' },
  async (ctx, { id, logo, withoutLogo, light, dark }) => {
    await setAppearance(ctx, {
      id,
      logo: withoutLogo ? null : logo || undefined,
      colours: light.trim() === '' && dark.trim() === '' ? null : { light, dark },
    });
    refresh();
    return { message: 'Saved.' };
  },
);

/** Stops an application. */
export const stopApplication = formAction(disableApplicationInput, { role: 'administrator' }, async (ctx, input) => {
  await disableApplication(ctx, input);
  refresh();
  return undefined;
});

/** Lets a disabled application go on. */
export const resumeApplication = formAction(disableApplicationInput, { role: 'administrator' }, async (ctx, input) => {
  await enableApplication(ctx, input);
  refresh();
  return undefined;
});
