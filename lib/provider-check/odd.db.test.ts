import { describe, expect, test } from 'vitest';
import type { Oddity } from '#demo/odd/oddity';
import { oddRecord } from '#demo/odd/record';
import { type Odd, startOdd } from '#demo/odd/server';
import { oddities, odditiesNamed } from '#demo/odd/table';
import { systemContext } from '#lib/context';
import { checkProvider } from '#lib/provider-check/check-provider';
import type { CheckResult } from '#lib/provider-check/report';
import { sharedDatabase } from '#tests/database';
import { createRuntime } from '#tests/hub';

const database = sharedDatabase();

/** What the doctor finds at a server with these oddities, with a record that the given rows know. */
async function check(on: readonly Oddity[], known: readonly Oddity[]): Promise<readonly CheckResult[]> {
  const odd: Odd = await startOdd({ appUrls: ['http://localhost:3000'], on });
  try {
    const runtime = createRuntime(database.current, [oddRecord(odd, known)]);
    const results = await checkProvider(systemContext(runtime, 'test'), { provider: 'odd' });
    expect(JSON.stringify([results, runtime.logged])).not.toContain(odd.clientSecret);
    return results;
  } finally {
    await odd.close();
  }
}

const failing = (results: readonly CheckResult[]) => [
  ...new Set(results.filter(({ result }) => result === 'fails').map(({ check }) => check)),
];

/** Rows at which something is wrong that no line of a record mends. */
const broken: Record<string, string[]> = {
  no_email_and_no_userinfo: ['identity'],
  redirect_uri_refused_at_the_token_endpoint: ['redirect_uri'],
};

describe('the doctor finds nothing wrong where the record knows the server', () => {
  test.each(oddities)('$name', async (oddity) => {
    expect(failing(await check([oddity], [oddity]))).toEqual(broken[oddity.name] ?? []);
  });
});

describe('the doctor finds what the record lacks', () => {
  test.each([
    ['secret_in_the_body', ['client_authentication', 'revocation_endpoint']],
    ['assertion_for_the_issuer', ['client_authentication', 'revocation_endpoint']],
    ['assertion_for_the_token_endpoint', ['client_authentication', 'revocation_endpoint']],
    ['own_parameter_names', ['redirect_uri']],
    ['repeated_parameters', ['redirect_uri']],
    ['no_pkce', ['redirect_uri']],
    ['parts_in_parameters', ['redirect_uri']],
    ['a_listed_tenant', ['issuer']],
  ])('%s', async (name, checks) => {
    const on = odditiesNamed([name]);
    expect(failing(await check(on, []))).toEqual(expect.arrayContaining(checks));
  });

  test.each([
    ['client_id_in_the_body_too', '"client_id_in_body": true'],
    ['secret_in_the_body', '"token_endpoint_auth_method": "client_secret_post"'],
  ])('%s, as the line by which the server knows the client', async (name, line) => {
    const results = await check(odditiesNamed([name]), []);
    const [client] = results.filter(({ check: one }) => one === 'client_authentication');
    expect([client?.result, client?.recordLine]).toEqual(['fails', line]);
  });

  test('the encoding of HTTP Basic, as the line that spares a second try', async () => {
    const results = await check(odditiesNamed(['basic_undecoded']), []);
    expect(results.map(({ recordLine }) => recordLine)).toContain('"basic_encoding": "raw"');
  });
});
