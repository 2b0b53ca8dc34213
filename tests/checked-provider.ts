import { expect } from 'vitest';
import { type Runtime, systemContext } from '#lib/context';
import { checkProvider } from '#lib/provider-check/check-provider';
import type { CheckResult } from '#lib/provider-check/report';
import type { TestDatabase } from '#tests/database';
import { createRuntime } from '#tests/hub';
import { clientSecret } from '#tests/servers/quirky-provider';

/** A record that leaves all but itself to the metadata of this server. */
export const recordFor = (url: string): Record<string, unknown> => ({
  id: 'acme',
  name: 'Acme',
  issuer: url,
  client_id: 'client-1',
  client_secret: clientSecret,
  scopes: ['openid', 'read'],
});

/** What the check of a provider tells of this record. Its secret must not stand anywhere in that. */
export async function checkAt(database: TestDatabase, record: Record<string, unknown>): Promise<CheckResult[]> {
  const runtime = createRuntime(database, [record]);
  const results = await checkProvider(systemContext(runtime, 'test'), { provider: 'acme' });
  // Whatever else was found, the secret is nowhere.
  for (const text of [clientSecret, 'quirky+client', 'quirky%20client'])
    expect(JSON.stringify([results, runtime.logged])).not.toContain(text);
  return results;
}

/** The same process with other fields in each of its records, also ones that no configuration would take. */
export const patched = (runtime: Runtime, fields: Record<string, unknown>): Runtime => {
  const list = runtime.providers.list().map((record) => ({ ...record, ...fields }));
  return {
    ...runtime,
    providers: { ...runtime.providers, list: () => list, get: (id) => list.find((one) => one.id === id) },
  };
};
