import { setTimeout as wait } from 'node:timers/promises';
import { peekForm } from '#demo/form';
import type { Ctx, Namesake, RevokedToken, ServerParts } from '#demo/namesake';

export type Next = () => Promise<unknown>;
export type Middleware = (ctx: Ctx, next: Next) => Promise<void>;

/** Waits as long as `latency_ms` says, without keeping the process alive. */
export async function dawdle({ switches }: ServerParts): Promise<void> {
  if (switches.latency_ms > 0) await wait(switches.latency_ms, undefined, { ref: false });
}

/** Counts the requests of an endpoint that oidc-provider answers as it is. */
export function counted(name: 'introspections' | 'userinfo', server: ServerParts): Middleware {
  return async (_ctx, next) => {
    server.counts[name] += 1;
    await dawdle(server);
    await next();
  };
}

/** The revocation endpoint: its switches, and what the namesake answers and ends. */
export function revocationEndpoint(namesake: Namesake, server: ServerParts): Middleware {
  return async (ctx, next) => {
    const { counts, switches } = server;
    counts.revocations += 1;
    await dawdle(server);
    if (switches.revocation_status !== null) {
      ctx.body = '';
      ctx.status = switches.revocation_status;
      return;
    }
    await peekForm(ctx.req, (form) => namesake.onForm?.(form, ctx, server));
    await next();
    if (ctx.status >= 400) return;
    const token = ctx.oidc.entities.RefreshToken ?? ctx.oidc.entities.AccessToken;
    const found: RevokedToken | null = token ? { kind: token.kind, subject: String(token.accountId) } : null;
    namesake.onRevoked?.(found, ctx, server);
  };
}
