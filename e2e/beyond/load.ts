import { setTimeout as sleep } from 'node:timers/promises';
import { vend } from './hubs.ts';

/** What callers were answered while the load ran. */
export interface Heard {
  /** Request ids of the tokens that were given. */
  given: string[];
  /** Coded refusals that say when to come back, by code. */
  later: Map<string, number>;
  /** Everything else: what no caller should see. */
  failed: string[];
}

/** Callers that never stop asking. */
export interface Load {
  heard: Heard;
  /** Resolves when so many more tokens were given. */
  given(more: number): Promise<void>;
  /** Lets the calls under way end. */
  stop(): Promise<Heard>;
}

async function ask(heard: Heard, url: string, key: string, id: string): Promise<void> {
  try {
    const answer = await vend(url, key, id);
    const body = (await answer.json()) as { access_token?: string; code?: string };
    if (answer.status === 200 && body.access_token) {
      heard.given.push(String(answer.headers.get('x-request-id')));
      return;
    }
    const retryAfter = Number(answer.headers.get('retry-after'));
    if (answer.status === 503 && body.code && retryAfter > 0) {
      heard.later.set(body.code, (heard.later.get(body.code) ?? 0) + 1);
      // As a caller does who reads Retry-After, only less patiently.
      await sleep(50);
    } else heard.failed.push(`${answer.status} ${body.code}`);
  } catch (error) {
    heard.failed.push(error instanceof Error ? `${error.message} ${error.cause ?? ''}` : String(error));
  }
}

/**
 * Starts callers that each ask for one connection after the other, at one address after the other.
 * @param targets addresses to ask, and connections to ask for
 */
export function startLoad(callers: number, key: string, targets: { urls: string[]; ids: string[] }): Load {
  const heard: Heard = { given: [], later: new Map(), failed: [] };
  let stopped = false;
  const work = Array.from({ length: callers }, async (_, caller) => {
    for (let turn = caller; !stopped; turn++) {
      const { urls, ids } = targets;
      await ask(heard, urls[turn % urls.length] ?? '', key, ids[turn % ids.length] ?? '');
    }
  });
  return {
    heard,
    given: async (more) => {
      const wanted = heard.given.length + more;
      while (heard.given.length < wanted) await sleep(20);
    },
    stop: async () => {
      stopped = true;
      await Promise.all(work);
      return heard;
    },
  };
}
