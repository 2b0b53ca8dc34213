import { createClient, isGrantkeepError } from '@grantkeep/client';
import { createConnect } from '@grantkeep/client/connect';

const { HUB_URL = '', GRANTKEEP_KEY = '', APP_URL = '', SECRET = '' } = process.env;

export const hub = createClient({ url: HUB_URL, apiKey: GRANTKEEP_KEY });

export const { startConnect, finishConnect } = createConnect({
  client: hub,
  returnUrl: `${APP_URL}/connected`,
  secret: SECRET,
});

/** Leads the browser on; the address that it asked for must not be asked again with the same form. */
export const seeOther = (path: string): Response => new Response(null, { status: 303, headers: { location: path } });

/** A handler that tells of the hub's refusals. */
export function withRefusals(handler: (request: Request) => Promise<Response>) {
  return async (request: Request): Promise<Response> => {
    try {
      return await handler(request);
    } catch (error) {
      if (!isGrantkeepError(error)) throw error;
      // The hub's codes have these characters; nothing else becomes a part of the page.
      const code = error.code.replace(/[^a-z_]/g, '');
      const page = `<!doctype html><title>Settings</title><p>That did not work: ${code}.</p><p><a href="/">Back to your settings</a></p>`;
      return new Response(page, { status: 409, headers: { 'content-type': 'text/html; charset=utf-8' } });
    }
  };
}
