import { cache } from 'react';
import type { Actor, Context } from '#lib/context';
import { requestCookies, requestHeaders } from '#lib/cookies/request';
import { readSessionId } from '#lib/cookies/session-cookie';
import { getRuntime } from '#lib/runtime';
import { resolveSession } from '#lib/sign-in/sessions';
import { contextFor } from '#lib/web/request-context';

/**
 * The context of the request that Next is serving, with the person of the session in its cookie; made once a request.
 */
export const webContext = cache(async (): Promise<Context> => {
  const runtime = await getRuntime();
  const sid = await readSessionId(runtime.config, await requestCookies());
  const actor: Actor = (sid ? await resolveSession(runtime, sid) : null) ?? { type: 'anonymous' };
  return contextFor(runtime, await requestHeaders(), actor);
});
