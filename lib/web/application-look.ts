import { readColours, readLogo } from '#lib/applications/appearance';
import type { Context } from '#lib/context';
import { isAppError } from '#lib/errors';

/** The bytes are taken for nothing but the type that is said. The door adds the policy of every answer. */
const harmless = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  // A change shows soon; a page of many visitors asks once.
  'cache-control': 'public, max-age=300',
};

async function orNothing(work: Promise<Response>): Promise<Response> {
  return work.catch((error: unknown) => {
    if (!isAppError(error) || error.code !== 'not_found') throw error;
    return new Response(null, { status: 404, headers: { ...harmless, 'cache-control': 'no-store' } });
  });
}

/** Answers an application's logo, by the type that its bytes were found to have. */
export function answerLogo(ctx: Context, id: string): Promise<Response> {
  return orNothing(
    readLogo(ctx, id).then(
      ({ bytes, type }) => new Response(Buffer.from(bytes), { headers: { ...harmless, 'content-type': type } }),
    ),
  );
}

/** Answers the style sheet with an application's colours. */
export function answerColours(ctx: Context, id: string): Promise<Response> {
  return orNothing(
    readColours(ctx, id).then(
      (sheet) => new Response(sheet, { headers: { ...harmless, 'content-type': 'text/css; charset=utf-8' } }),
    ),
  );
}
