import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { authorizeHeadless } from '#demo/consent';
import { readText } from '#demo/form';
import type { GrantsOf } from '#demo/grants';
import { isEverybody, type Target } from '#demo/scoped-switches';
import type { DemoServer } from '#demo/server';

type Answer = readonly [status: number, body: unknown];
type Call = (of: GrantsOf, body: Record<string, unknown>, server: DemoServer, wide: boolean) => unknown;

/** `/__demo/*`: what a test in another process does at a server. False for every other path. */
export function handleControl(
  request: IncomingMessage,
  response: ServerResponse,
  server: DemoServer,
  secret: string,
): boolean {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (!url.pathname.startsWith('/__demo/')) return false;
  void control(url, request, server, secret)
    .catch((error: unknown): Answer => [400, { error: error instanceof Error ? error.message : 'bad request' }])
    .then(([status, body]) => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(JSON.stringify(body));
    });
  return true;
}

async function control(url: URL, request: IncomingMessage, server: DemoServer, secret: string): Promise<Answer> {
  // A browser names its page's origin, or says where a request comes from: only programs use these.
  const { origin, 'sec-fetch-site': site, 'sec-fetch-mode': mode } = request.headers;
  if (origin !== undefined || site !== undefined || mode === 'navigate') return [403, { error: 'not for pages' }];
  if (!isSame(request.headers.authorization, `Bearer ${secret}`))
    return [401, { error: 'the control secret is missing' }];
  const call = calls[`${request.method} ${url.pathname.slice('/__demo/'.length)}`];
  if (!call) return [404, { error: 'not found' }];
  const { of, wide } = targetIn(url, server);
  const text = await readText(request);
  return [200, await call(of, text === '' ? {} : (JSON.parse(text) as Record<string, unknown>), server, wide)];
}

const calls: Record<string, Call> = {
  'GET counts': (_of, _body, { counts }) => counts,
  'GET switches': (of, _body, server) => server.switchFor(withoutGrant(of), {}),
  'POST switches': (of, body, server) => server.switchFor(withoutGrant(of), body),
  'POST reset': (of, _body, server) => {
    const target = withoutGrant(of);
    server.reset(isEverybody(target) ? undefined : target);
    return server.switchFor(target, {});
  },
  'GET grants': (of, _body, { grants }) => ({ grants: grants.list(of) }),
  'POST withdraw': (of, _body, { grants }, wide) => {
    narrow(of, wide);
    return { ended: grants.end(of) };
  },
  'POST expire': (of, { in_seconds = 0, tokens = 'access' }, { grants }, wide) => {
    narrow(of, wide);
    if (typeof in_seconds !== 'number' || !Number.isFinite(in_seconds)) throw new RangeError('in_seconds is a number.');
    if (tokens !== 'access' && tokens !== 'all') throw new RangeError('tokens is access or all.');
    return { expired: grants.expire(of, in_seconds, tokens) };
  },
  'POST clients': (_of, { client_id, redirect_uris }, server) => {
    if (typeof client_id !== 'string' || !Array.isArray(redirect_uris)) throw new TypeError('client_id, redirect_uris');
    if (client_id === '' || client_id === server.clientId) throw new RangeError('Choose another client_id.');
    return { client_id, client_secret: server.addClient(client_id, redirect_uris.map(String)) };
  },
  'POST authorize': async (_of, { url, person, deny, untick }, server) => {
    // The request is this server's own, so that the control reaches no other host.
    if (typeof url !== 'string' || new URL(url).origin !== server.url)
      throw new RangeError('url is of another server.');
    const account = typeof person === 'string' ? { account: person } : {};
    const unticked = Array.isArray(untick) ? { untick: untick.map(String) } : {};
    return { callback: (await authorizeHeadless(url, { ...account, ...unticked, deny: deny === true })).href };
  },
};

/** A switch is of a person or client: one that names a grant would otherwise be everybody's. */
function withoutGrant({ grant, ...target }: GrantsOf): Target {
  if (grant !== undefined) throw new RangeError('Switches are of a person or a client.');
  return target;
}

/** What ends things for good is never meant for everybody by an oversight. */
function narrow({ grant, ...target }: GrantsOf, wide: boolean): void {
  if (isEverybody(target) && !grant && !wide) throw new RangeError('Name a person, client or grant, or say all=true.');
}

function targetIn(url: URL, server: DemoServer): { of: GrantsOf; wide: boolean } {
  const { person, client, grant, all, ...others } = Object.fromEntries(url.searchParams);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new RangeError(`There is no parameter ${unknown}.`);
  if ([person, client, grant].includes('')) throw new RangeError('A parameter is empty.');
  const subject = person === undefined ? undefined : server.subjectOf(person);
  if (subject === null) throw new RangeError('That is no person.');
  return { of: { subject, client, grant }, wide: all === 'true' };
}

function isSame(one: string | undefined, other: string): boolean {
  const [hashed, expected] = [one ?? '', other].map((text) => createHash('sha256').update(text).digest());
  return hashed !== undefined && expected !== undefined && timingSafeEqual(hashed, expected);
}
