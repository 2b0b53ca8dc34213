import { dawdle } from '#demo/back-channel';
import { answerFault } from '#demo/faults';
import { peekForm } from '#demo/form';
import { bendIdToken } from '#demo/id-token';
import type { Ctx, Namesake, ServerParts, TokenBody } from '#demo/namesake';
import { targetOf } from '#demo/scoped-switches';

type Next = () => Promise<unknown>;

/** The middleware round oidc-provider's token endpoint: counts, faults, and the namesake's shapes. */
export function tokenEndpoint(namesake: Namesake, server: ServerParts, signingKey: Record<string, unknown>) {
  let queue: Promise<unknown> = Promise.resolve();
  /** One token request at a time, so that a used code or refresh token is always seen as used. */
  const inTurn = (work: Next) => {
    const turn = queue.then(work);
    queue = turn.catch(() => undefined);
    return turn;
  };

  return async (ctx: Ctx, next: Next): Promise<void> => {
    const { counts, store } = server;
    const form = await peekForm(ctx.req, (fields) => {
      note(ctx, fields, server);
      namesake.onForm?.(fields, ctx, server);
    });
    counts.token_requests += 1;
    const grantType = form?.get('grant_type') ?? null;
    if (grantType === 'authorization_code') counts.code_exchanges += 1;
    if (grantType === 'refresh_token') counts.refreshes += 1;
    const shown = form?.get(grantType === 'refresh_token' ? 'refresh_token' : 'code');
    const target = { client: clientOf(ctx, form), ...targetOf(store, shown) };
    const switches = server.switches.for(target);
    await dawdle(switches);

    if (await answerFault(ctx, switches, namesake)) return;
    if (switches.inactive_people) {
      ctx.status = 400;
      answerError('invalid_grant', undefined, 'inactive person');
    } else if (switches.token_error) {
      ctx.status = switches.token_error === 'invalid_client' ? 401 : 400;
      answerError(switches.token_error, undefined, undefined);
    } else {
      // Who gave up meanwhile took the form along: nothing is left to answer.
      await inTurn(async () => (ctx.req.readable ? await next() : undefined));
      const failure = ctx.state.grantError as { error_detail?: string } | undefined;
      if (ctx.status >= 400) {
        counts.token_errors += 1;
        if (failure?.error_detail === 'refresh token already used') counts.reuse_detected += 1;
        const body = (ctx.body ?? {}) as TokenBody;
        answerError(String(body.error), body.error_description as string | undefined, failure?.error_detail);
      } else {
        await answerTokens(grantType);
      }
    }
    namesake.onTokenAnswer?.(ctx);

    function answerError(error: string, description: string | undefined, detail: string | undefined): void {
      const body = namesake.onTokenError?.({ error, description, detail, grantType }, ctx);
      const status = ctx.status;
      ctx.body = body ?? { error, ...(description === undefined ? {} : { error_description: description }) };
      ctx.status = status;
      ctx.set('cache-control', 'no-store');
    }

    async function answerTokens(grant: string | null): Promise<void> {
      let body = { ...(ctx.body as TokenBody) };
      if (grant === 'refresh_token') {
        if (switches.rotation === 'keep') delete body.refresh_token;
        if (server.switches.takeDrop(target)) {
          ctx.respond = false;
          ctx.req.socket.destroy();
          return;
        }
      }
      if (switches.id_token && typeof body.id_token === 'string') {
        body.id_token = await bendIdToken(body.id_token, switches.id_token, signingKey);
      }
      body = namesake.onTokens?.(body, ctx, server) ?? body;
      ctx.body = body;
    }
  };
}

/** The client that a request names, whether or not it proves to be that. */
function clientOf(ctx: Ctx, form: URLSearchParams | null): string | undefined {
  const [, encoded = ''] = /^basic (.+)$/i.exec(ctx.get('authorization')) ?? [];
  const [name = ''] = Buffer.from(encoded, 'base64').toString().split(':');
  return name || (form?.get('client_id') ?? undefined);
}

function note(ctx: Ctx, form: URLSearchParams, { counts }: ServerParts): void {
  const basic = /^basic /i.test(ctx.get('authorization'));
  const post = form.has('client_secret');
  counts.last_token_request = {
    grant_type: form.get('grant_type'),
    parameters: [...new Set(form.keys())].sort(),
    auth_method: basic && post ? 'both' : basic ? 'client_secret_basic' : post ? 'client_secret_post' : 'none',
    has_code_verifier: Boolean(form.get('code_verifier')),
  };
}
