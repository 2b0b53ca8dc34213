import type { Ctx, Namesake, ServerParts } from '#demo/namesake';
import { targetOf } from '#demo/scoped-switches';

/** Edits the redirect that carries the authorization response, as the namesake or a switch says. */
export function bendCallback(ctx: Ctx, namesake: Namesake, server: ServerParts): void {
  const location = ctx.response.get('location');
  const redirectUri = ctx.oidc?.params?.redirect_uri;
  if (!location || typeof redirectUri !== 'string' || !location.startsWith(`${redirectUri}?`)) return;
  const url = new URL(location);
  const code = url.searchParams.get('code');
  const { params, result } = ctx.oidc;
  const subject = typeof result?.chosen === 'string' ? result.chosen : undefined;
  const denied = { subject, client: String(params?.client_id ?? '') };
  const switches = server.switches.for(code ? targetOf(server.store, code) : denied);
  if (code) {
    server.counts.authorizations += 1;
    namesake.onCallback?.(url, ctx, server);
  }
  if (switches.omit_iss) url.searchParams.delete('iss');
  if (switches.wrong_iss) {
    url.searchParams.set('iss', switches.wrong_iss === true ? 'https://wrong-issuer.example' : switches.wrong_iss);
  }
  if (switches.duplicate_code && code) url.searchParams.append('code', code);
  ctx.set('location', url.href);
  ctx.body = '';
}
