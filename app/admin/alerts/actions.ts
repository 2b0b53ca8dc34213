'use server';

import { refresh } from 'next/cache';
import { redirect } from 'next/navigation';
import { acknowledgeAlert } from '#lib/alerts/acknowledge';
import { changeAlertInput } from '#lib/alerts/change-state';
import { noteOnAlert } from '#lib/alerts/note';
import { resolveAlert } from '#lib/alerts/resolve';
import { incidentInput, prepareIncidentRevocation } from '#lib/incidents/prepare-revocation';
import { tellIncidentPeople } from '#lib/incidents/tell-people';
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

/** Goes to the preview of revoking what an incident touches; nothing is revoked yet. */
export const prepareRevocation = formAction(incidentInput, administrator, async (ctx, input) => {
  const { id } = await prepareIncidentRevocation(ctx, input);
  redirect(`/admin/revocations/${id}`);
});

/** Mails the people of an incident. */
export const tellPeople = formAction(incidentInput, administrator, async (ctx, input) => {
  const { people, accounts } = await tellIncidentPeople(ctx, input);
  refresh();
  const many = people === 1 ? 'One person is told' : `${people} people are told`;
  return { message: `${many}, of ${accounts === 1 ? 'one account' : `${accounts} accounts`}` };
});
