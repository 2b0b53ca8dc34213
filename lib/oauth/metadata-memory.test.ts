import { describe, expect, test } from 'vitest';
import { resolveEndpoints } from '#lib/oauth/resolve-endpoints';
import { depsFor, quirkyRecord } from '#tests/servers/quirky-provider';
import { type QuirkyServer, quirkyServer } from '#tests/servers/quirky-server';

const tenant = { name: 'tenant', label: 'Tenant', pattern: '^[a-z0-9]+$', example: 'acme' };
const silent = {
  authorization_endpoint: undefined,
  token_endpoint: undefined,
  revocation_endpoint: undefined,
  introspection_endpoint: undefined,
  userinfo_endpoint: undefined,
  jwks_uri: undefined,
};
const place = (name: string) => `GET /${name}/.well-known/openid-configuration`;

function publish(server: QuirkyServer, name: string): void {
  const issuer = `${server.url}/${name}`;
  const document = { issuer, authorization_endpoint: `${issuer}/a`, token_endpoint: `${issuer}/t` };
  server.on(place(name), { json: { ...document, jwks_uri: `${issuer}/keys` } });
}

/** A record with metadata for each tenant, and how often a tenant's was asked for. */
async function tenants(fields: Record<string, unknown> = {}) {
  const server = await quirkyServer();
  const record = quirkyRecord(server, {
    ...{ ...silent, issuer: `${server.url}/{tenant}`, account_params: [tenant], ...fields },
  });
  const deps = depsFor(record);
  const ask = async (name: string, connected = false) => {
    publish(server, name);
    await resolveEndpoints(record, deps, { tenant: name }, { connected });
  };
  return { server, record, deps, ask, asked: (name: string) => server.requestsTo(place(name)).length };
}

describe('a person who types many servers', () => {
  test('makes the hub forget none that a connection has, of this record or of another', async () => {
    const { ask, asked, deps, server } = await tenants();
    const other = quirkyRecord(server, { ...silent, id: 'other', issuer: `${server.url}/fixed` });
    publish(server, 'fixed');
    await resolveEndpoints(other, deps);
    await ask('own', true);
    for (let n = 0; n < 120; n++) await ask(`typed${n}`);
    await ask('own', true);
    await resolveEndpoints(other, deps);
    expect([asked('own'), asked('fixed')]).toEqual([1, 1]);
  });

  test('nor one that was typed first, and has a connection since', async () => {
    const { ask, asked } = await tenants();
    await ask('own');
    await ask('own', true);
    for (let n = 0; n < 120; n++) await ask(`typed${n}`);
    // Typed again: it stays where it is.
    await ask('own');
    for (let n = 0; n < 120; n++) await ask(`more${n}`);
    await ask('own', true);
    expect(asked('own')).toBe(1);
  });

  test('has the last fifty of them remembered', async () => {
    const { ask, asked } = await tenants();
    for (let n = 0; n < 60; n++) await ask(`typed${n}`);
    await ask('typed59');
    await ask('typed10');
    expect([asked('typed59'), asked('typed10')]).toEqual([1, 1]);
    await ask('typed0');
    expect(asked('typed0')).toBe(2);
  });
});
