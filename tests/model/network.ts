import type { GuardedInit } from '#lib/outbound/guarded-fetch';
import { OutboundError } from '#lib/outbound/outbound-error';
import type { AuthorizationServer } from '#tests/model/authorization-server';
import type { Hub } from '#tests/model/hub';

/** Milliseconds of running time that the guarded fetch gives an exchange. */
const exchangeMs = 10_000;
/** How long a network may keep what was written and deliver it still. */
const networkMs = 60_000;
/** Above so much luck an exchange breaks at one of its three stands. */
const breaksAbove = 92;

/** What the network needs of its world. */
export interface Ends {
  server: AuthorizationServer;
  now(): number;
  /** Stands still until a step lets it go on; answers its luck. */
  wait(hub: Hub, onItsWay?: boolean): Promise<number>;
  note(what: string): void;
  /** Called before a refresh token is shown to the server; `askedAt` is when the process began the call. */
  beforeShown(token: string, askedAt: number): void;
  /** Called where the answer to a token that was taken is lost on its way back. */
  onLost(token: string): void;
}

const late = () => new OutboundError('outbound_timeout', 'as.example');

/** The way to the server and back for a process, as the guarded fetch takes it. */
export function networkOf(ends: Ends, hub: Hub, name: () => string): typeof globalThis.fetch {
  const { server, now } = ends;
  const running = () => now() - hub.stalledMs - (hub.stalledSince === null ? 0 : now() - hub.stalledSince);

  const answerRefresh = (shown: string, askedAt: number): [Response, string | null] => {
    ends.beforeShown(shown, askedAt);
    const next = server.refresh(shown);
    if (next !== null) hub.issued.set(next, now());
    ends.note(`${name()} shows ${shown}: ${next ?? 'refused'}`);
    if (next === null) return [Response.json({ error: 'invalid_grant' }, { status: 400 }), null];
    const answer = { access_token: `at.${next}`, refresh_token: next, token_type: 'bearer', expires_in: 3600 };
    return [Response.json(answer), next];
  };

  const answerOf = (url: string, init: GuardedInit | undefined, askedAt: number): [Response, string | null] => {
    const form = new URLSearchParams(String(init?.body));
    if (url.endsWith('/token')) return answerRefresh(form.get('refresh_token') ?? '', askedAt);
    if (url.endsWith('/revoke')) {
      const token = form.get('token') ?? '';
      server.revoke(token);
      ends.note(`${name()} revokes ${token}`);
      return [new Response(null, { status: 200 }), null];
    }
    const shown = new Headers(init?.headers).get('authorization')?.replace(/^Bearer /i, '') ?? '';
    const taken = server.takesAccessToken(shown);
    return [Response.json(taken ? { sub: 'ada' } : {}, { status: taken ? 200 : 401 }), null];
  };

  return async (input, given) => {
    const init = given as GuardedInit | undefined;
    const url = input instanceof Request ? input.url : String(input);
    const askedAt = now();
    const begunAt = running();
    const isOver = () => running() - begunAt > exchangeMs;
    const connecting = await ends.wait(hub);
    if (connecting > breaksAbove || isOver()) throw new OutboundError('outbound_failed', 'as.example', 'ECONNREFUSED');
    init?.beforeSend?.();
    const writtenAt = now();
    const underWay = await ends.wait(hub, true);
    if (underWay > breaksAbove || isOver() || now() - writtenAt > networkMs) throw late();
    const [answer, issued] = answerOf(url, init, askedAt);
    const back = await ends.wait(hub);
    if (back > breaksAbove || isOver()) {
      if (issued !== null) ends.onLost(issued);
      throw late();
    }
    return answer;
  };
}
