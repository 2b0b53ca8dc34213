import { Agent, request } from 'node:http';
import { wait } from '#tests/random';

/** A connection that callers ask for; another takes its place once it needs its person. */
export interface Slot {
  id: string;
  grant: string;
  /** Since when callers have been asking for it in vain; null where the last answer was a token. */
  waitingSince: number | null;
  /** When a caller comes back that was refused, as `Retry-After` said; milliseconds since 1970. */
  comeBackAt: number | null;
}

/** A token that a caller was given. */
export interface Acknowledged {
  requestId: string;
  grant: string;
  accessToken: string;
  askedAt: number;
}

/** What the callers wrote down. */
export interface Heard {
  given: Acknowledged[];
  /** Milliseconds of each call that was answered with a token. */
  callMs: number[];
  /** Milliseconds from the first refusal or broken call of a connection to its next token. */
  waitedMs: number[];
  /** Coded refusals that say when to come back, by code. */
  later: Record<string, number>;
  /** Calls that broke, since their process was killed. */
  broken: number;
  /** Grants with connections that needed their person. */
  ended: string[];
  /** Everything else: what no caller should see. */
  unexpected: string[];
}

export interface Callers {
  heard: Heard;
  /** Asks once for the connection at a process; answers whether it gave a token. */
  ask(url: string, slot: Slot): Promise<boolean>;
  stop(): Promise<void>;
}

interface CallersMade {
  count: number;
  key: string;
  random: () => number;
  slots: readonly Slot[];
  /** Where callers are sent just now. */
  urls: () => string[];
  /** Called where a connection needs its person: puts another into its place. */
  reconnect: (slot: Slot) => Promise<void>;
}

interface Answer {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: { access_token?: string; code?: string };
}

function post(agent: Agent, url: string, key: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${key}`, 'content-length': '0' };
    const call = request(url, { method: 'POST', agent, headers, timeout: 90_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.once('error', reject);
      response.once('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(text) });
      });
    });
    call.once('error', reject);
    call.once('timeout', () => call.destroy(new Error('no answer within 90 s')));
    call.end();
  });
}

/**
 * Starts callers that ask without end for one connection after the other, at one process after the other. Who was refused
 * comes back when the answer said; a broken call is made again a second later.
 */
export function startCallers({ count, key, random, slots, urls, reconnect }: CallersMade): Callers {
  const agent = new Agent({ keepAlive: true });
  const heard: Heard = { given: [], callMs: [], waitedMs: [], later: {}, broken: 0, ended: [], unexpected: [] };
  let stopped = false;

  const refused = (slot: Slot, askedAt: number, retryAfterSeconds: number) => {
    slot.waitingSince ??= askedAt;
    slot.comeBackAt = Date.now() + retryAfterSeconds * 1000;
  };
  const ask = async (url: string, slot: Slot): Promise<boolean> => {
    const askedAt = Date.now();
    const { id, grant } = slot;
    let answer: Answer;
    try {
      answer = await post(agent, `${url}/api/v1/connections/${id}/token`, key);
    } catch (error) {
      const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      if (why === 'ECONNRESET' || why === 'ECONNREFUSED' || why === 'EPIPE') heard.broken += 1;
      else heard.unexpected.push(why);
      refused(slot, askedAt, 1);
      return false;
    }
    const { status, headers, body } = answer;
    if (slot.id !== id) return false;
    if (status === 200 && body.access_token) {
      heard.given.push({ requestId: String(headers['x-request-id']), grant, accessToken: body.access_token, askedAt });
      heard.callMs.push(Date.now() - askedAt);
      if (slot.waitingSince !== null) heard.waitedMs.push(Date.now() - slot.waitingSince);
      slot.waitingSince = null;
      return true;
    }
    if (status === 409 && body.code === 'needs_reconnect') {
      heard.ended.push(grant);
      slot.waitingSince = null;
      await reconnect(slot);
    } else if (status === 503 && body.code && Number(headers['retry-after']) > 0) {
      heard.later[body.code] = (heard.later[body.code] ?? 0) + 1;
      refused(slot, askedAt, Number(headers['retry-after']));
    } else heard.unexpected.push(`${status} ${body.code}`);
    return false;
  };
  const work = Array.from({ length: count }, async () => {
    while (!stopped) {
      const at = urls();
      const url = at[Math.floor(random() * at.length)];
      const back = slots.find(({ comeBackAt }) => comeBackAt !== null && comeBackAt <= Date.now());
      const slot = back ?? slots[Math.floor(random() * slots.length)];
      if (slot) slot.comeBackAt = null;
      if (url && slot) await ask(url, slot);
      await wait(Math.floor(random() * 150));
    }
  });
  return {
    heard,
    ask,
    stop: async () => {
      stopped = true;
      await Promise.all(work);
    },
  };
}
