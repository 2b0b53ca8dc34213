'use server';

import { redirect } from 'next/navigation';
import { z } from 'zod';
import { requestCookies } from '#lib/cookies/request';
import { clearSessionId } from '#lib/cookies/session-cookie';
import { endSession } from '#lib/sign-in/end-session';
import { formAction } from '#lib/web/action';

const endThis = formAction(z.object({}), {}, async (ctx) => {
  await endSession(ctx, { publicId: ctx.actor.sessionId });
  clearSessionId(ctx.config, await requestCookies());
  return undefined;
});

/** Ends this browser's session; without one the browser is signed out already. */
export async function signOut(form: FormData): Promise<void> {
  const state = await endThis(null, form);
  redirect(state.ok || state.code === 'unauthenticated' ? '/sign-in?flow=signed_out' : '/connections');
}
