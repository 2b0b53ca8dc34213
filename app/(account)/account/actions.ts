'use server';

import { redirect } from 'next/navigation';
import { z } from 'zod';
import { requestCookies } from '#lib/cookies/request';
import { clearSessionId } from '#lib/cookies/session-cookie';
import { endAllSessions, endSession } from '#lib/sign-in/end-session';
import { formAction } from '#lib/web/action';

const endOne = formAction(z.object({ session: z.string().max(64) }), {}, async (ctx, { session }) => {
  await endSession(ctx, { publicId: session });
  return undefined;
});

const endAll = formAction(z.object({}), {}, async (ctx) => {
  await endAllSessions(ctx);
  clearSessionId(ctx.config, await requestCookies());
  return undefined;
});

/** Signs one of the person's browsers out. */
export async function signOutSession(form: FormData): Promise<void> {
  const state = await endOne(null, form);
  redirect(
    `/account?${new URLSearchParams(state.ok ? { flow: 'session_ended' } : { flow: state.code, ref: state.reference })}`,
  );
}

/** Signs the person out everywhere, here too. */
export async function signOutEverywhere(form: FormData): Promise<void> {
  const state = await endAll(null, form);
  if (state.ok) redirect('/sign-in?flow=signed_out');
  redirect(`/account?${new URLSearchParams({ flow: state.code, ref: state.reference })}`);
}
