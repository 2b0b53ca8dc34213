'use server';

import { redirect } from 'next/navigation';
import { chooseEntry, chooseInput } from '#lib/connections/choose';
import { nameConnection, nameConnectionInput } from '#lib/connections/name';
import { type ActionState, formAction } from '#lib/web/action';

const chooseOwn = formAction(chooseInput, {}, async (ctx, input) => ({ data: await chooseEntry(ctx, input) }));
const nameOwn = formAction(nameConnectionInput, {}, async (ctx, input) => ({ data: await nameConnection(ctx, input) }));

/** Back to the connection's page, which tells how it went. */
function tell(form: FormData, state: ActionState<unknown>, done: string): never {
  const id = encodeURIComponent(String(form.get('id')));
  const refused = (code: string, ref: string) => [
    ['flow', code],
    ['ref', ref],
    ['about', 'details'],
  ];
  const result = state.ok ? [['flow', done]] : refused(state.code, state.reference);
  redirect(`/connections/${id}?${new URLSearchParams(result)}`);
}

/** Chooses an entry of what the provider listed for a connection of the person's own. */
export async function choose(form: FormData): Promise<void> {
  tell(form, await chooseOwn(null, form), 'chosen');
}

/** Names one of the person's own connections, where its provider gives it no name. */
export async function name(form: FormData): Promise<void> {
  tell(form, await nameOwn(null, form), 'named');
}
