import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** One call between the app and a demo server, as it went over the wire. */
export interface BackChannelCall {
  method: string;
  url: string;
  authorization: string | undefined;
  contentType: string | undefined;
  body: string;
  answer: string;
}

interface Tap {
  calls: readonly BackChannelCall[];
  /** Every secret that went by: tokens, codes, verifiers, client secrets; never twice. */
  secrets(): string[];
  stop(): void;
}

const channel = 'http.server.request.start';
const secretFields = ['access_token', 'refresh_token', 'id_token', 'code', 'code_verifier', 'client_secret', 'token'];

/** Listens to what the servers of this process receive and answer, until it is stopped. */
export function tapServers(): Tap {
  const calls: BackChannelCall[] = [];
  const listen = (message: unknown) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    const call: BackChannelCall = {
      method: request.method ?? '',
      url: request.url ?? '',
      authorization: request.headers.authorization,
      contentType: request.headers['content-type'],
      body: '',
      answer: '',
    };
    calls.push(call);
    // A listener for `data` would take the body away from the server.
    const push = request.push.bind(request);
    request.push = (chunk, encoding) => {
      if (chunk) call.body += String(chunk);
      return push(chunk, encoding);
    };
    for (const name of ['write', 'end'] as const) {
      const original = response[name].bind(response) as (...args: unknown[]) => never;
      response[name] = ((...args: unknown[]) => {
        if (typeof args[0] === 'string' || args[0] instanceof Uint8Array) {
          call.answer += Buffer.from(args[0] as string).toString('utf8');
        }
        return original(...args);
      }) as never;
    }
  };
  subscribe(channel, listen);
  return {
    calls,
    secrets: () => [...new Set(calls.flatMap(secretsOf))],
    stop: () => void unsubscribe(channel, listen),
  };
}

function secretsOf({ authorization, body, answer }: BackChannelCall): string[] {
  const found = [fieldsOf(body), fieldsOf(answer)].flatMap((fields) => secretFields.map((name) => fields.get(name)));
  const [scheme, credentials = ''] = authorization?.split(' ') ?? [];
  if (scheme === 'Bearer') found.push(credentials);
  if (scheme === 'Basic')
    found.push(decodeURIComponent(Buffer.from(credentials, 'base64').toString().split(':')[1] ?? ''));
  return found.filter((value) => typeof value === 'string').filter((value) => value.length >= 16);
}

/** The fields of a form or of a JSON object; none for anything else. */
function fieldsOf(text: string): Map<string, string> {
  if (!text.startsWith('{')) return new Map(new URLSearchParams(text));
  try {
    const entries = Object.entries(JSON.parse(text) as Record<string, unknown>);
    return new Map(entries.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
  } catch {
    return new Map();
  }
}
