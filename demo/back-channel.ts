import { setTimeout as wait } from 'node:timers/promises';
import { peekForm } from '#demo/form';
import type { Ctx, Namesake, RevokedToken, ServerParts } from '#demo/namesake';
import { targetOf } from '#demo/scoped-switches';
import type { Switches } from '#demo/switches';

export type Next = () => Promise<unknown>;
export type Middleware = (ctx: Ctx, next: Next) => Promise<void>;

/** Waits as long as `latency_ms` says, without keeping the process alive. */
export async function dawdle({ latency_ms: latency }: Switches): Promise<void> {
  if (latency > 0) await wait(latency, undefined, { ref: false });
}

/** The token that a request shows in its Authorization header. */
export const bearerOf = (ctx: Ctx): string | undefined =>
  /^(?:bearer|token) (.+)$/i.exec(ctx.get('authorization'))?.[1];

/** Counts the requests of an endpoint that oidc-provider answers as it is. */
export function counted(name: 'introspections' | 'userinfo', server: ServerParts): Middleware {
  return async (ctx, next) => {
    server.counts[name] += 1;
    const form = name === 'introspections' ? await peekForm(ctx.req, () => {}) : null;
    await dawdle(server.switches.for(targetOf(server.store, form?.get('token') ?? bearerOf(ctx))));
    await next();
  };
}

/** The revocation endpoint: its switches, and what the namesake answers and ends. */
export function revocationEndpoint(namesake: Namesake, server: ServerParts): Middleware {
  return async (ctx, next) => {
    server.counts.revocations += 1;
    const form = await peekForm(ctx.req, (fields) => namesake.onForm?.(fields, ctx, server));
    const switches = server.switches.for(targetOf(server.store, form?.get('token')));
    await dawdle(switches);
    if (switches.revocation_status !== null) {
      ctx.body = '';
      ctx.status = switches.revocation_status;
      return;
    }
    await next();
    if (ctx.status >= 400) return;
    const token = ctx.oidc.entities.RefreshToken ?? ctx.oidc.entities.AccessToken;
    const found: RevokedToken | null = token
      ? { kind: token.kind, subject: String(token.accountId), client: String(token.clientId) }
      : null;
    namesake.onRevoked?.(found, ctx, server);
  };
}
