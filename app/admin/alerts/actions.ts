'use server';

import { refresh } from 'next/cache';
import { acknowledgeAlert, changeAlertInput, noteOnAlert, resolveAlert } from '#lib/alerts/change';
import { formAction } from '#lib/http/action';

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
