'use server';

import { refresh } from 'next/cache';
import { acknowledgeAlert } from '#lib/alerts/acknowledge';
import { changeAlertInput } from '#lib/alerts/change-state';
import { noteOnAlert } from '#lib/alerts/note';
import { resolveAlert } from '#lib/alerts/resolve';
import { formAction } from '#lib/web/action';

const administrator = { role: 'administrator' } as const;

/** Says that somebody is looking into an alert. */
export const acknowledge = formAction(changeAlertInput, administrator, async (ctx, { id, note }) => {
  await acknowledgeAlert(ctx, { id, note: note ?? undefined });
  refresh();
  return undefined;
});

/** Ends an alert. */
export const resolve = formAction(changeAlertInput, administrator, async (ctx, { id, note }) => {
  await resolveAlert(ctx, { id, note: note ?? undefined });
  refresh();
  return undefined;
});

/** Adds a note to an alert. */
export const addNote = formAction(changeAlertInput, administrator, async (ctx, { id, note }) => {
  await noteOnAlert(ctx, { id, note: note ?? undefined });
  refresh();
  return undefined;
});
