import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { addApiKey, plainRecord } from '#tests/hub';
import { selfSigned } from '#tests/servers/self-signed';
import { startCallers } from './callers.ts';
import { fillConnections } from './fill.ts';
import { ask, type Served, startHub, startProgram } from './processes.ts';
import { startProvider, writeGrant } from './provider.ts';
import type { Stage } from './stage.ts';
import { vendRequest } from './wrk.ts';

const domain = 'tenants.example';
const dead = 'dead';
/** Connections with tokens that are over: a tenth of them of the dead tenant, the others of nine that answer. */
const accounts = 100;
const tenants = [dead, 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

/** A provider with a host for each tenant, as an entry of PROVIDERS_FILE. */
function tenantsRecord(): Record<string, unknown> {
  return {
    ...plainRecord(`https://{tenant}.${domain}`, 'tenants'),
    account_params: [{ name: 'tenant', label: 'Tenant', example: 'one', pattern: '^[a-z]+$' }],
  };
}

/**
 * What a tenant's dead host does to the other tenants of its provider: callers ask for its tokens again and again, and
 * then everybody else wants a token at the same time. A proxy stands for the tenants' hosts, under their own names and TLS.
 */
export async function besideDeadTenant(
  stage: Stage,
  seconds: number,
): Promise<{ served: number; lastMs: number; deadTunnels: number; deadAnswers: Record<string, number> }> {
  const provider = await startProvider(stage, { id: 'tenants', latencyMs: 20 });
  const { key, cert } = selfSigned(1, `*.${domain}`);
  const files = { TENANTS_KEY: join(stage.folder, 'tenants.key'), TENANTS_CERT: join(stage.folder, 'tenants.crt') };
  writeFileSync(files.TENANTS_KEY, key, { mode: 0o600 });
  writeFileSync(files.TENANTS_CERT, cert);
  const proxy = await startProgram<Served>(stage, 'bench/programs/tenants-proxy.ts', {
    ...files,
    TENANTS_PROVIDER_PORT: new URL(provider.url).port,
    TENANTS_DEAD: dead,
  });
  const database = await stage.createDatabase('tenants', [tenantsRecord()]);
  const tenantOf = (n: number) => tenants[n % tenants.length] ?? dead;
  const filled = await fillConnections(database.runtime, {
    count: accounts,
    provider: 'tenants',
    expiresIn: -10,
    refreshToken: (grant) => writeGrant('refresh', { grant, generation: 0 }),
    accountParams: (n) => ({ tenant: tenantOf(n) }),
  });
  const { key: apiKey } = await addApiKey(database.runtime);
  const outside = { NODE_EXTRA_CA_CERTS: files.TENANTS_CERT, NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: proxy.url };
  const hub = await startHub(stage, { ...database, environment: { ...database.environment, ...outside } });
  const pathsOf = (ofDead: boolean) =>
    filled.filter((_, n) => (tenantOf(n) === dead) === ofDead).map(({ id }) => vendRequest(id, apiKey).path);
  const others = pathsOf(false);
  const { headers } = vendRequest('', apiKey);
  const order = { origins: [hub.url], headers };
  const [callDead, callOthers] = [await startCallers(stage), await startCallers(stage)];
  const hammering = callDead({ ...order, paths: pathsOf(true), callers: 64, seconds });
  // The first calls hang by now, and none was given up: the circuit of the dead host is not open yet.
  await sleep(1000);
  const { tokens, lastMs } = await callOthers({ ...order, paths: others, callers: others.length });
  const { answers } = await hammering;
  const { deadTunnels } = await ask<{ deadTunnels: number }>(proxy.child, {});
  return { served: tokens.length / others.length, lastMs, deadTunnels, deadAnswers: answers };
}
