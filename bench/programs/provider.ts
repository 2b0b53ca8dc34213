import { text } from 'node:stream/consumers';
import { type ProviderCounts, readGrant, writeGrant } from '../provider.ts';
import { serve } from './listen.ts';

// A token endpoint that rotates refresh tokens of any number of grants, answers after a while and counts what it sees.

const latencyMs = Number(process.env.PROVIDER_LATENCY_MS);
/** How long the refresh token before the newest one is forgiven; 0: not at all. */
const graceMs = Number(process.env.PROVIDER_GRACE_MS);
/** The grant of the account that gets 429 and the request to stay away for an hour; none where it is empty. */
const limitedGrant = process.env.PROVIDER_LIMITED_GRANT || null;
const newest = new Map<number, { generation: number; since: number }>();
const counts: ProviderCounts = { requests: 0, refreshed: 0, repeated: 0, refused: 0, most_at_once: 0 };
let atOnce = 0;

/** The generation that the answer carries, or undefined for a refresh token that is not accepted. */
function spend(grant: number, shown: number): number | undefined {
  const current = newest.get(grant) ?? { generation: 0, since: 0 };
  if (shown === current.generation) {
    newest.set(grant, { generation: shown + 1, since: performance.now() });
    return shown + 1;
  }
  counts.repeated += 1;
  const forgiven = shown === current.generation - 1 && performance.now() - current.since < graceMs;
  return forgiven ? current.generation : undefined;
}

serve(async (request, response) => {
  counts.requests += 1;
  const shown = readGrant(new URLSearchParams(await text(request)).get('refresh_token') ?? '');
  counts.most_at_once = Math.max(counts.most_at_once, ++atOnce);
  if (shown && String(shown.grant) === limitedGrant) {
    atOnce -= 1;
    counts.refused += 1;
    response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '3600' });
    return response.end(JSON.stringify({ error: 'slow_down' }));
  }
  const generation = shown && spend(shown.grant, shown.generation);
  await new Promise((resolve) => setTimeout(resolve, latencyMs));
  atOnce -= 1;
  if (shown === undefined || generation === undefined) {
    counts.refused += 1;
    response.writeHead(400, { 'content-type': 'application/json' });
    return response.end(JSON.stringify({ error: 'invalid_grant' }));
  }
  counts.refreshed += 1;
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({
      access_token: writeGrant('access', { grant: shown.grant, generation }),
      token_type: 'bearer',
      expires_in: 86_400,
      refresh_token: writeGrant('refresh', { grant: shown.grant, generation }),
    }),
  );
});

process.on('message', ({ about }: { about?: number }) => {
  process.send?.(about === undefined ? counts : { generation: newest.get(about)?.generation ?? 0 });
});
