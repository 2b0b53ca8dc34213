import type { ChildProcess } from 'node:child_process';
import { plainRecord } from '#tests/hub';
import { ask, type Served, startProgram } from './processes.ts';
import type { Stage } from './stage.ts';

/** What a provider has seen since it started. */
export interface ProviderCounts {
  requests: number;
  refreshed: number;
  /** Refresh tokens shown that had been spent before, forgiven or not. */
  repeated: number;
  refused: number;
  most_at_once: number;
}

/** A grant's token as this provider numbers them: generation 0 is the first, each refresh brings the next. */
export interface Grant {
  grant: number;
  generation: number;
}

/** Tokens say which grant and generation they are, so that the provider need not be told of a hundred thousand of them. */
export function writeGrant(kind: 'access' | 'refresh', { grant, generation }: Grant): string {
  return `${kind}.${grant}.${generation}.${'x'.repeat(96)}`;
}

export function readGrant(token: string): Grant | undefined {
  const [, grant, generation] = /^(?:access|refresh)\.(\d+)\.(\d+)\.x+$/.exec(token) ?? [];
  return grant === undefined ? undefined : { grant: Number(grant), generation: Number(generation) };
}

export interface Provider {
  record: Record<string, unknown>;
  counts(): Promise<ProviderCounts>;
  /** The generation of the only refresh token of this grant that has not been spent. */
  newestOf(grant: number): Promise<number>;
  url: string;
  child: ChildProcess;
}

/** Starts a provider in a process of its own. */
export async function startProvider(
  stage: Pick<Stage, 'folder' | 'onClose'>,
  {
    id = 'acme',
    latencyMs,
    graceMs = 0,
    limitedGrant,
  }: { id?: string; latencyMs: number; graceMs?: number; limitedGrant?: number },
): Promise<Provider> {
  const { url, child } = await startProgram<Served>(stage, 'bench/programs/provider.ts', {
    PROVIDER_LATENCY_MS: String(latencyMs),
    PROVIDER_GRACE_MS: String(graceMs),
    PROVIDER_LIMITED_GRANT: String(limitedGrant ?? ''),
  });
  return {
    record: plainRecord(url, id),
    counts: () => ask<ProviderCounts>(child, {}),
    newestOf: async (about) => (await ask<{ generation: number }>(child, { about })).generation,
    url,
    child,
  };
}
