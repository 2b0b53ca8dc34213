import { text } from 'node:stream/consumers';
import type { RevocationCounts } from '../revoke.ts';
import { serve } from './listen.ts';

// A provider that takes every token until its grant is revoked, answers after a while, and fails one revocation in so many.

const latencyMs = Number(process.env.PROVIDER_LATENCY_MS);
const failsEvery = Number(process.env.PROVIDER_FAILS_EVERY);
const revoked = new Map<string, number>();
const counts: RevocationCounts = { calls: 0, failed: 0, lookups: 0, most_at_once: 0, revoked: 0, repeated: 0 };
let atOnce = 0;

/** `access.7.xxx` and `refresh.7.xxx` are of grant 7. */
const grantOf = (token: string) => token.split('.')[1] ?? '';

serve(async (request, response) => {
  counts.most_at_once = Math.max(counts.most_at_once, ++atOnce);
  const body = await text(request);
  await new Promise((resolve) => setTimeout(resolve, latencyMs));
  atOnce -= 1;
  if (request.url === '/userinfo') {
    counts.lookups += 1;
    const dead = revoked.has(grantOf(request.headers.authorization?.replace(/^Bearer /, '') ?? ''));
    response.writeHead(dead ? 401 : 200, { 'content-type': 'application/json' });
    return response.end('{"sub":"ada"}');
  }
  counts.calls += 1;
  if (counts.calls % failsEvery === 0) {
    counts.failed += 1;
    response.writeHead(503);
    return response.end();
  }
  const grant = grantOf(new URLSearchParams(body).get('token') ?? '');
  const times = (revoked.get(grant) ?? 0) + 1;
  revoked.set(grant, times);
  if (times > 1) counts.repeated += 1;
  counts.revoked = revoked.size;
  response.writeHead(200);
  response.end();
});

process.on('message', () => process.send?.(counts));
