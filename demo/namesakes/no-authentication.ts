import type { Ctx, ServerParts } from '#demo/namesake';
import { targetOf } from '#demo/scoped-switches';

/** Adds the credentials of the client with the token, for providers whose revocation asks for none. */
export function authenticateByToken(form: URLSearchParams, ctx: Ctx, server: ServerParts): void {
  if (form.has('client_secret') || ctx.get('authorization')) return;
  const { client = server.clientId } = targetOf(server.store, form.get('token'));
  form.set('client_id', client);
  form.set('client_secret', server.secretOf(client) ?? '');
}
