import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import type { DocumentedAnswer, DocumentedServer } from '#tests/presets/documented';
import { listenOnLoopback } from '#tests/servers/loopback';

const client = { id: '1234567890.42', secret: 'not-a-real-secret' };
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const random = (kind: string) => `${kind}-${randomBytes(18).toString('base64url')}`;

interface Grant {
  scopes: readonly string[];
  request: URLSearchParams;
  live: boolean;
}

interface Asked {
  method: string;
  url: URL;
  headers: IncomingMessage['headers'];
  body: string;
  /** The body, as a form or as JSON. */
  fields: Record<string, string>;
}

const refusal = (why: string, status = 400): DocumentedAnswer => ({ status, body: { error: 'invalid_request', why } });

/** A provider on loopback that answers as its documentation says, and refuses what that does not allow. */
export interface RunningServer {
  /** The address here that stands for one of the provider: its host is the first part of the path. */
  at: (url: string) => string;
  /** What the hub writes for it, beside the preset. */
  client: typeof client;
  /** Ends every grant, as a person does it on the provider's own page. */
  withdraw: () => void;
  /** Access tokens that calls still take. */
  alive: () => number;
  /** What was refused, with the reason: an empty list is a good run. */
  refusals: string[];
  /** The issuer of its ID tokens. */
  issuer: string;
  close: () => Promise<void>;
}

export async function startDocumented(facts: DocumentedServer): Promise<RunningServer> {
  const codes = new Map<string, Grant>();
  const access = new Map<string, Grant>();
  const refresh = new Map<string, { grant: Grant; used: boolean }>();
  const refusals: string[] = [];
  const http = createServer(async (request, response) => {
    const asked = await read(request);
    const { status, body } = answer(asked);
    const why = (body as { why?: string } | undefined)?.why;
    if (why) refusals.push(`${asked.method} ${asked.url.pathname}: ${why}`);
    if (status === 303) response.writeHead(303, { location: String(body) }).end();
    else if (body === undefined) response.writeHead(status).end();
    else {
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    }
  });
  const { port, close } = await listenOnLoopback(http);
  const origin = `http://127.0.0.1:${port}`;
  const at = (url: string) => url.replace(/^https:\/\//, `${origin}/`);
  const filled = (url: string) =>
    at(url).replaceAll(/\{(\w+)\}/g, (whole, name: string) => facts.parts?.[name] ?? whole);
  const is = (asked: Asked, url: string | undefined) =>
    url !== undefined && origin + decodeURI(asked.url.pathname) === filled(url);

  async function read(request: IncomingMessage): Promise<Asked> {
    const body = await text(request);
    const type = request.headers['content-type'] ?? '';
    const parsed = type.startsWith('application/json') ? JSON.parse(body || 'null') : new URLSearchParams(body);
    const fields = parsed instanceof URLSearchParams ? Object.fromEntries(parsed) : ((parsed ?? {}) as Asked['fields']);
    const url = new URL(request.url ?? '/', origin);
    return { method: request.method ?? '', url, headers: request.headers, body, fields };
  }

  function authorize({ url }: Asked): DocumentedAnswer {
    const query = url.searchParams;
    const { scopes, pkce, asks = {} } = facts;
    if (query.get('client_id') !== client.id) return refusal('client_id');
    if (query.get('response_type') !== 'code') return refusal('response_type');
    if (!query.get('state')) return refusal('state');
    const wrong = Object.entries(asks).find(([name, value]) => query.get(name) !== value);
    if (wrong) return refusal(`${wrong[0]} is not ${wrong[1]}`);
    const challenged = query.get('code_challenge_method') === 'S256' && query.has('code_challenge');
    if (pkce === 'required' && !challenged) return refusal('code_challenge');
    const written = scopes ? query.get(scopes.name ?? 'scope') : '';
    if (written === null) return refusal('no scopes');
    if (scopes?.name && query.has('scope')) return refusal('scope asks for another kind of token');
    const granted = scopes ? written.split(scopes.joined) : [];
    if (granted.some((scope) => /[\s,]/.test(scope))) return refusal('scopes are joined otherwise');
    const code = random('code');
    codes.set(code, { scopes: granted, request: query, live: true });
    const back = new URL(query.get('redirect_uri') ?? '');
    const carried = { code, state: query.get('state') ?? '', ...facts.redirect?.(granted) };
    for (const [name, value] of Object.entries(carried)) back.searchParams.set(name, value);
    return { status: 303, body: back.href };
  }

  function isClient({ headers, fields }: Asked, how: 'basic' | 'post' | undefined): boolean {
    const [, encoded = ''] = /^Basic (\S+)$/.exec(headers.authorization ?? '') ?? [];
    const basic = Buffer.from(encoded, 'base64').toString();
    if (how === 'basic') return basic === `${client.id}:${client.secret}` && fields.client_secret === undefined;
    if (how === 'post')
      return fields.client_id === client.id && fields.client_secret === client.secret && encoded === '';
    return encoded === '' && fields.client_secret === undefined;
  }

  function made(grant: Grant) {
    const tokens = { access: random('at'), refresh: random('rt') };
    access.set(tokens.access, grant);
    if (facts.refreshed || facts.lives === null) refresh.set(tokens.refresh, { grant, used: false });
    const idToken = (claims: Record<string, unknown>, leaveOut: readonly string[] = []) => {
      const now = Math.floor(Date.now() / 1000);
      const all = {
        iss: running.issuer,
        aud: client.id,
        iat: now,
        exp: now + 600,
        nonce: grant.request.get('nonce'),
        ...claims,
      };
      const kept = Object.fromEntries(Object.entries(all).filter(([name]) => !leaveOut.includes(name)));
      const signed = `${base64url({ alg: 'RS256', kid: 'k-1' })}.${base64url(kept)}`;
      return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
    };
    return { ...tokens, scopes: grant.scopes, idToken, at };
  }

  function exchange({ fields }: Asked): DocumentedAnswer {
    const grant = codes.get(fields.code ?? '');
    codes.delete(fields.code ?? '');
    if (!grant?.live) return refusal('code');
    if (fields.redirect_uri !== grant.request.get('redirect_uri')) return refusal('redirect_uri');
    if (facts.pkce === 'refused' && fields.code_verifier !== undefined) return refusal('code_verifier is refused', 401);
    const challenge = grant.request.get('code_challenge');
    const proved = createHash('sha256')
      .update(fields.code_verifier ?? '')
      .digest('base64url');
    if (challenge !== null && challenge !== proved) return refusal('code_verifier');
    const wrong = Object.entries(facts.sends ?? {}).find(([name, value]) => fields[name] !== value);
    if (wrong) return refusal(`${wrong[0]} is not ${wrong[1]}`);
    return { status: 200, body: facts.exchanged(made(grant)) };
  }

  function renew({ fields }: Asked): DocumentedAnswer {
    const found = refresh.get(fields.refresh_token ?? '');
    const gone = facts.dead ?? refusal('there is nothing to refresh');
    if (!facts.refreshed || !found?.grant.live || found.used) return gone;
    if (facts.rotates) {
      found.used = true;
      for (const [token, grant] of access) if (grant === found.grant) access.delete(token);
    }
    return { status: 200, body: facts.refreshed(made(found.grant)) };
  }

  function token(asked: Asked): DocumentedAnswer {
    const type = asked.headers['content-type'] ?? '';
    const wanted = facts.body === 'json' ? 'application/json' : 'application/x-www-form-urlencoded';
    if (asked.method !== 'POST' || !type.startsWith(wanted)) return refusal(`is no ${wanted} by POST`);
    if (!isClient(asked, facts.client)) return refusal(`client is not shown by ${facts.client}`, 401);
    if (asked.fields.grant_type === 'authorization_code' && is(asked, facts.token)) return exchange(asked);
    const renewal = asked.fields.grant_type === 'refresh_token' && is(asked, facts.renew ?? facts.token);
    return renewal ? renew(asked) : refusal('grant_type');
  }

  const find = (value: string) => {
    const found = access.get(value) ?? refresh.get(value)?.grant;
    return found?.live && !refresh.get(value)?.used ? found : undefined;
  };

  function shown({ headers }: Asked): Grant | undefined {
    const name = facts.tokenHeader ?? 'authorization';
    const value = String(headers[name] ?? '');
    const token = name === 'authorization' ? (/^Bearer (\S+)$/.exec(value)?.[1] ?? '') : value;
    const grant = access.get(token);
    return grant?.live ? grant : undefined;
  }

  function revoke(asked: Asked): DocumentedAnswer {
    const { revokes } = facts;
    if (!revokes || asked.method !== (revokes.method ?? 'POST')) return refusal('method', 405);
    if (revokes.by === 'token') {
      const grant = shown(asked);
      if (!grant) return refusal('token', 401);
      grant.live = false;
      return revokes.answer;
    }
    const json = asked.headers['content-type']?.startsWith('application/json') ?? false;
    if (json !== (revokes.by === 'json')) return refusal(`revocation is no ${revokes.by}`);
    if (revokes.auth && !isClient(asked, revokes.auth)) return refusal('client', 401);
    const grant = find(asked.fields[revokes.name ?? 'token'] ?? '');
    if (!grant && asked.fields[revokes.name ?? 'token'] === undefined) return refusal('no token');
    if (grant) grant.live = false;
    return revokes.answer;
  }

  function answer(asked: Asked): DocumentedAnswer {
    const { metadata, introspects, jwks } = facts;
    if (is(asked, facts.authorize)) return authorize(asked);
    if (is(asked, facts.token) || is(asked, facts.renew)) return token(asked);
    if (is(asked, facts.revokes?.at)) return revoke(asked);
    if (metadata && is(asked, metadata.at)) return { status: 200, body: metadata.body(at) };
    if (is(asked, jwks)) {
      const key = { ...publicKey.export({ format: 'jwk' }), kid: 'k-1', alg: 'RS256', use: 'sig' };
      return { status: 200, body: { keys: [key] } };
    }
    if (introspects && is(asked, introspects.at)) {
      if (!isClient(asked, facts.client)) return refusal('client', 401);
      const live = find(asked.fields.token ?? '') !== undefined;
      return { status: 200, body: live ? { active: true, ...introspects.body } : { active: false } };
    }
    const call = Object.entries(facts.calls).find(([route]) => {
      const [method, url] = route.split(' ');
      return method === asked.method && is(asked, url);
    });
    if (!call) return refusal('is not documented', 404);
    const missing = Object.entries(facts.callHeaders ?? {}).find(([name, value]) => asked.headers[name] !== value);
    if (missing) return refusal(`${missing[0]} is not ${missing[1]}`);
    return shown(asked)
      ? { status: 200, body: call[1] }
      : (facts.refused ?? { status: 401, body: { error: 'invalid_token' } });
  }

  const running: RunningServer = {
    ...{ at, client, refusals, close },
    withdraw: () => {
      for (const grant of access.values()) grant.live = false;
      for (const { grant } of refresh.values()) grant.live = false;
    },
    alive: () => [...access.values()].filter(({ live }) => live).length,
    issuer: origin,
  };
  return running;
}
