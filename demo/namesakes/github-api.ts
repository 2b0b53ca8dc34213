import { timingSafeEqual } from 'node:crypto';
import { bearerOf, dawdle } from '#demo/back-channel';
import { readText } from '#demo/form';
import type { Ctx, ServerParts } from '#demo/namesake';
import { findPerson } from '#demo/people';
import { targetOf } from '#demo/scoped-switches';

/** GitHub's REST endpoints that a connection needs: identity, and the application's own checks and revocations. */
export async function githubApi(ctx: Ctx, server: ServerParts): Promise<boolean> {
  if (!ctx.path.startsWith('/api/')) return false;
  if (ctx.method === 'GET') await identity(ctx, server);
  else await application(ctx, server);
  return true;
}

async function identity(ctx: Ctx, server: ServerParts): Promise<void> {
  const { provider, store, counts } = server;
  counts.userinfo += 1;
  const value = bearerOf(ctx) ?? '';
  const switches = server.switches.for(targetOf(store, value));
  await dawdle(switches);
  const token = await provider.AccessToken.find(value);
  const person = token ? findPerson(store, String(token.accountId)) : undefined;
  if (!token || !person) return answer(ctx, 401, { message: 'Bad credentials', status: '401' });
  ctx.set('x-oauth-scopes', [...token.scopes].filter((scope) => !scope.startsWith('(')).join(', '));
  if (ctx.path === '/api/user') {
    return answer(ctx, 200, { id: Number(person.subject), login: person.login, name: person.name, email: null });
  }
  if (ctx.path !== '/api/user/emails') return answer(ctx, 404, { message: 'Not Found', status: '404' });
  if (!token.scopes.has('user:email') && !token.scopes.has('user')) {
    return answer(ctx, 404, { message: 'Not Found', status: '404' });
  }
  answer(ctx, 200, [
    { email: person.email, primary: true, verified: switches.email_verified, visibility: 'private' },
    { email: `${person.login}@users.noreply.example.com`, primary: false, verified: true, visibility: null },
  ]);
}

/** `POST` checks a token, `DELETE …/token` ends it, `DELETE …/grant` ends all that the person granted. */
async function application(ctx: Ctx, server: ServerParts): Promise<void> {
  const { provider, store, counts } = server;
  const match = /^\/api\/applications\/([^/]+)\/(token|grant)$/.exec(ctx.path);
  const checking = ctx.method === 'POST' && match?.[2] === 'token';
  if (!match || !(checking || ctx.method === 'DELETE')) return answer(ctx, 404, { message: 'Not Found' });
  counts[checking ? 'introspections' : 'revocations'] += 1;
  const value = await accessTokenOf(ctx);
  const switches = server.switches.for(targetOf(store, value));
  await dawdle(switches);
  if (!checking && switches.revocation_status !== null) return answer(ctx, switches.revocation_status, null);
  if (!authenticated(ctx, match[1] ?? '', server)) return answer(ctx, 401, { message: 'Bad credentials' });
  const token = await provider.AccessToken.find(value);
  if (!token || token.clientId !== match[1])
    return answer(ctx, checking ? 404 : 422, { message: checking ? 'Not Found' : 'Validation Failed' });
  const subject = String(token.accountId);
  if (checking) {
    const person = findPerson(store, subject);
    const scopes = [...token.scopes].filter((scope) => !scope.startsWith('('));
    return answer(ctx, 200, {
      scopes,
      user: { id: Number(subject), login: person?.login },
      expires_at: token.scopes.has('offline_access') ? new Date((token.exp ?? 0) * 1000).toISOString() : null,
    });
  }
  if (match[2] === 'grant') server.endGrants({ subject, client: token.clientId });
  else if (token.grantId) server.endGrant(token.grantId);
  answer(ctx, 204, null);
}

function answer(ctx: Ctx, status: number, body: unknown): void {
  ctx.body = body === null ? '' : body;
  ctx.status = status;
  if (body !== null) ctx.type = 'application/json';
}

function authenticated(ctx: Ctx, clientId: string, { secretOf }: ServerParts): boolean {
  const secret = secretOf(clientId);
  if (secret === undefined) return false;
  const sent = Buffer.from(ctx.get('authorization'));
  const right = Buffer.from(`Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`);
  return sent.length === right.length && timingSafeEqual(sent, right);
}

async function accessTokenOf(ctx: Ctx): Promise<string> {
  try {
    const body = JSON.parse(await readText(ctx.req)) as { access_token?: unknown };
    return typeof body.access_token === 'string' ? body.access_token : '';
  } catch {
    return '';
  }
}
