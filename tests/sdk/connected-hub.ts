import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll } from 'vitest';
import type { HeadlessChoices } from '#demo/consent';
import type { DemoProviderId } from '#demo/switches';
import { connections } from '#lib/db/schema/connections';
import { demoHub } from '#tests/demo-hub';
import { httpHub } from '#tests/sdk/http-hub';
import { Visitor } from '#tests/visitor';

/** A hub that listens on a port, over the demo's servers, and people who connected accounts through the real flow. */
export function connectedHub(only: readonly DemoProviderId[]) {
  const hub = demoHub(['demo', ...only]);
  let open: Awaited<ReturnType<typeof httpHub>> | undefined;
  let people = 0;
  beforeAll(async () => {
    open = await httpHub(() => hub.runtime);
  });
  afterAll(() => open?.down());
  const door = () => {
    if (!open) throw new Error('The hub is open within tests and hooks only.');
    return open;
  };

  async function connect(provider: DemoProviderId, choices: HeadlessChoices = {}): Promise<string> {
    const visitor = new Visitor(hub.runtime);
    people += 1;
    await visitor.signIn(`sdk-${provider}-${people}@example.com`);
    const back = await visitor.connect(provider, choices);
    const id = back.searchParams.get('connection');
    if (id === null) throw new Error(`The account was not connected: ${back}`);
    return id;
  }

  /** The access token is over by the hub's clock. */
  const expire = (id: string) =>
    hub.database.db
      .update(connections)
      .set({ accessTokenExpiresAt: sql`now() - interval '1 second'` })
      .where(eq(connections.id, id));

  /** The five minutes pass for which the hub doubts the first refusal of a refresh. */
  const confirmEnd = (id: string) =>
    hub.database.db
      .update(connections)
      .set({ refusedAt: sql`clock_timestamp() - interval '6 minutes'` })
      .where(eq(connections.id, id));

  /** The provider forgets an access token of Okta, and keeps its grant. */
  async function endAccessToken(token: string): Promise<void> {
    const record = hub.demo.providers.find(({ id }) => id === 'okta');
    const credentials = Buffer.from(`${record?.client_id}:${record?.client_secret}`).toString('base64');
    await fetch(String(record?.revocation_endpoint), {
      method: 'POST',
      headers: { authorization: `Basic ${credentials}`, connection: 'close' },
      body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
    });
  }

  return {
    hub,
    get door() {
      return door();
    },
    connect,
    expire,
    confirmEnd,
    endAccessToken,
    /** The calls for a token that came to the hub since the last time this was asked. */
    vends: () =>
      door()
        .paths.splice(0)
        .filter((path) => path.endsWith('/token')).length,
    /** The resource of a provider that a live token opens. */
    me: (provider: DemoProviderId) => `${hub.demo.resourceUrl}/${provider}/me`,
  };
}
