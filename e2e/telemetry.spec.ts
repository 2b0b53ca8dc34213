import { createServer, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, test } from '@playwright/test';
import { listenOnLoopback } from '#tests/servers/loopback';
import { runApp } from './app-process.ts';
import { callHub, givenConnection, personOf, serviceKey, signInAs, someone, vend } from './steps.ts';

/** A receiver of OTLP over HTTP, which takes everything and keeps it as it came. */
async function startReceiver() {
  const taken: { path: string; headers: IncomingHttpHeaders; body: string }[] = [];
  const server = createServer(async (request, response) => {
    taken.push({ path: String(request.url), headers: request.headers, body: await text(request) });
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  const { port, close } = await listenOnLoopback(server);
  return { url: `http://127.0.0.1:${port}`, taken, close };
}

interface Attribute {
  key: string;
  value: { stringValue?: string; intValue?: number | string };
}
interface Span {
  name: string;
  traceId: string;
  parentSpanId?: string;
  attributes: Attribute[];
  status: { code?: number };
}

/** All members of that name, wherever they stand in the documents. */
function membersOf<T>(documents: unknown[], name: string): T[] {
  return documents.flatMap((document): T[] => {
    if (typeof document !== 'object' || document === null) return [];
    const own = (document as Record<string, unknown>)[name];
    return [...(Array.isArray(own) ? (own as T[]) : []), ...membersOf<T>(Object.values(document), name)];
  });
}

test('traces and metrics of a connect, a vend and a refresh come to the endpoint, without a secret or an account', async ({
  browser,
}) => {
  const receiver = await startReceiver();
  const app = await runApp({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20of-the-operator',
  });
  try {
    const account = someone('Account');
    const page = await browser.newPage({ baseURL: app.url });
    await signInAs(page, app, someone());
    // Over within seconds, so that a vend refreshes.
    app.demo.server('google').switches.access_token_ttl_s = 5;
    const connection = await givenConnection(page, app, 'google', account);
    await page.goto(`/connections/${connection}`);
    const { access_token: first } = await vend(app, connection);
    await expect.poll(async () => (await vend(app, connection)).access_token).not.toBe(first);
    const { access_token: token } = await vend(app, connection);
    const key = await serviceKey(app);
    const person = await personOf(app, connection);
    // What a caller writes into an address is no word of ours.
    await callHub(app, key, `/connections/hunter-two?token=${token}`);
    await page.goto('/hunter-two/admin');
    const cookies = (await page.context().cookies()).map(({ value }) => value);
    await page.close();
    await app.end();

    const documents = receiver.taken.map(({ body }) => JSON.parse(body) as unknown);
    const spans = membersOf<Span>(documents, 'spans');
    const named = (name: string) => spans.filter((span) => span.name === name);
    const valuesOf = (name: string, key: string) =>
      new Set(
        named(name).flatMap(({ attributes }) =>
          attributes.filter((one) => one.key === key).map(({ value }) => value.stringValue ?? Number(value.intValue)),
        ),
      );
    for (const route of [
      '/oauth/start',
      '/oauth/callback/{}',
      '/api/v1/connections/{}/token',
      '/connections/{}',
      '/{}/admin',
    ])
      expect([...valuesOf('request', 'http.route')]).toContain(route);
    expect([...valuesOf('database', 'db.operation.name')]).toContain('SELECT');
    expect([...valuesOf('provider call', 'grantkeep.provider')]).toContain('google');
    expect([...valuesOf('provider call', 'http.response.status_code')]).toContain(200);
    const [refresh] = named('refresh').filter(({ attributes }) =>
      attributes.some(({ value }) => value.stringValue === 'google'),
    );
    expect(refresh).toBeDefined();
    // The refresh stands in the trace of the call that waited for it, and has the provider's call in it.
    const trace = spans.filter(({ traceId }) => traceId === refresh?.traceId).map(({ name }) => name);
    expect(trace).toEqual(expect.arrayContaining(['request', 'provider call', 'database']));
    const metrics = membersOf<{ name: string }>(documents, 'metrics').map(({ name }) => name);
    expect([...new Set(metrics)].sort()).toEqual([
      'db.client.operation.duration',
      'grantkeep.refresh.duration',
      'http.client.request.duration',
      'http.server.request.duration',
    ]);

    expect(new Set(receiver.taken.map(({ path }) => path))).toEqual(new Set(['/v1/traces', '/v1/metrics']));
    for (const { headers } of receiver.taken) expect(headers.authorization).toBe('Bearer of-the-operator');
    const keys = new Set(membersOf<Attribute>(documents, 'attributes').map(({ key }) => key));
    expect([...keys].sort()).toEqual([
      ...['db.operation.name', 'db.system.name', 'grantkeep.provider', 'http.request.method'],
      ...['http.response.status_code', 'http.route', 'service.name'],
    ]);
    const everything = receiver.taken.map(({ body }) => body).join('\n');
    const canaries = [
      first,
      token,
      key,
      person,
      connection,
      account,
      'hunter',
      'code=',
      'state=',
      'of-the-operator',
      ...cookies,
    ];
    expect(canaries.filter((canary) => everything.includes(canary))).toEqual([]);
    expect(app.log()).not.toContain('telemetry_not_sent');
  } finally {
    await app.close();
    await receiver.close();
  }
});

test('an endpoint that does not answer costs a line of the log, and no request', async () => {
  const receiver = await startReceiver();
  await receiver.close();
  const app = await runApp({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
  try {
    expect((await fetch(`${app.url}/sign-in`)).status).toBe(200);
    await app.end();
    expect(app.log()).toContain('"event":"stopped"');
    expect(app.log()).not.toMatch(/"level":"(?:error|fatal)"/);
  } finally {
    await app.close();
  }
});
