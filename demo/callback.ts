import type { Ctx, Namesake, ServerParts } from '#demo/namesake';

/** Edits the redirect that carries the authorization response, as the namesake or a switch says. */
export function bendCallback(ctx: Ctx, namesake: Namesake, server: ServerParts, redirectUris: readonly string[]): void {
  const location = ctx.response.get('location');
  if (!location || !redirectUris.some((uri) => location.startsWith(`${uri}?`))) return;
  const url = new URL(location);
  const { switches } = server;
  if (url.searchParams.has('code')) {
    server.counts.authorizations += 1;
    namesake.onCallback?.(url, ctx, server);
  }
  if (switches.omit_iss) url.searchParams.delete('iss');
  if (switches.wrong_iss) {
    url.searchParams.set('iss', switches.wrong_iss === true ? 'https://wrong-issuer.example' : switches.wrong_iss);
  }
  const code = url.searchParams.get('code');
  if (switches.duplicate_code && code) url.searchParams.append('code', code);
  ctx.set('location', url.href);
  ctx.body = '';
}
