import { beforeEach, expect, test } from 'vitest';
import { generateApiKey } from '#lib/api-keys/key-format';
import { capture } from '#scripts/processes';
import { addApiKey, freeze } from '#tests/hub';
import { connectedHub } from '#tests/sdk/connected-hub';

const world = connectedHub(['okta', 'google']);
const { hub } = world;
const calendar = 'https://www.googleapis.com/auth/calendar.readonly';
let key: string;

beforeEach(async () => {
  ({ key } = await addApiKey(hub.runtime));
  world.vends();
});

const head = `
import json, os, sys, threading, urllib.error, urllib.request
sys.path.insert(0, "sdk/python")
import grantkeep

connection = os.environ["CONNECTION"]

def client(key=os.environ["GRANTKEEP_KEY"], **options):
    return grantkeep.Client(os.environ["HUB"], key, **{"max_wait_seconds": 0, **options})

def call(token):
    request = urllib.request.Request(os.environ["ME"], headers={"Authorization": token.authorization})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.status

def outcome(work):
    try:
        return work()
    except grantkeep.GrantkeepError as error:
        return [error.code, error.status, error.retry_after is not None, error.consent_url, list(error.missing_scopes)]
    except Exception as error:
        return type(error).__name__

def say(*values):
    print(json.dumps(values), flush=True)
`;

/** Runs lines of Python and answers what each of their calls of `say` said. */
async function python(connection: string, at: 'okta' | 'google', lines: string): Promise<unknown[][]> {
  const env = { ...process.env, HUB: world.door.url, GRANTKEEP_KEY: key, CONNECTION: connection, ME: world.me(at) };
  const { status, output } = await capture('/usr/bin/python3', ['-B', '-c', head + lines], { env });
  expect(status, output).toBe(0);
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('one vend serves all threads, is kept, and hides', async () => {
  const id = await world.connect('okta');
  const said = await python(
    id,
    'okta',
    `
hub = client()
statuses = []
threads = [threading.Thread(target=lambda: statuses.append(hub.with_token(connection, call))) for _ in range(10)]
for thread in threads: thread.start()
for thread in threads: thread.join()
token = hub.get_token(connection)
shown = repr([token, hub, vars(hub)]) + str(token) + f"{token}"
say(statuses, token.value in shown, token.provider)
hub.forget(connection)
hub.get_token(connection)
`,
  );
  expect(said).toEqual([[Array.from({ length: 10 }, () => 200), false, 'okta']]);
  expect(world.vends()).toBe(2);
});

test('a refused token is reported once, and the call is made again with the new one', async () => {
  const id = await world.connect('okta');
  const { createClient } = await import('../../sdk/src/client.ts');
  await world.endAccessToken((await createClient({ url: world.door.url, apiKey: key }).getToken(id)).value);
  world.vends();
  const said = await python(
    id,
    'okta',
    `
hub = client()
say(outcome(lambda: hub.with_token(connection, call)))
calls = []
def refused(token):
    calls.append(token.value)
    raise grantkeep.TokenRefused()
say(outcome(lambda: hub.with_token(connection, refused)), len(calls), len(set(calls)))
say(outcome(lambda: hub.with_token(connection, refused)), len(calls))
`,
  );
  // The second report comes too early for the hub, and the third is not made.
  expect(said).toEqual([[200], ['TokenRefused', 2, 1], ['TokenRefused', 3]]);
  expect(hub.demo.server('okta').counts.refreshes).toBe(1);
});

test('the hub’s refusals have its codes', async () => {
  const id = await world.connect('google', { untick: [calendar] });
  const link = new URLSearchParams({ provider: 'google', return_to: `/connections/${id}` });
  const [missing] = await python(
    id,
    'google',
    `say(outcome(lambda: client().with_token(connection, call, scopes=["${calendar}"])))`,
  );
  expect(missing).toEqual([['missing_scope', null, false, `${world.door.url}/connect?${link}`, [calendar]]]);
  await world.expire(id);
  Object.assign(hub.demo.server('google').switches, { token_status: 503, retry_after_s: 1 });
  const [failing] = await python(
    id,
    'google',
    `say(outcome(lambda: client().get_token(connection)), outcome(lambda: client("${generateApiKey()}").get_token(connection)))`,
  );
  expect(failing).toEqual([
    ['provider_unavailable', 503, true, null, []],
    ['invalid_api_key', 401, false, null, []],
  ]);
  setTimeout(() => Object.assign(hub.demo.server('google').switches, { token_status: null }), 300);
  expect(await python(id, 'google', 'say(client(max_wait_seconds=60).with_token(connection, call))')).toEqual([[200]]);
  await freeze(hub.runtime, 'connection', id);
  await world.door.down();
  const [down] = await python(id, 'google', 'say(outcome(lambda: client().get_token(connection)))');
  await world.door.up();
  const [frozen] = await python(id, 'google', 'say(outcome(lambda: client().get_token(connection)))');
  expect([down, frozen]).toEqual([[['hub_unreachable', null, false, null, []]], [['frozen', 423, false, null, []]]]);
});

test('addresses and ids that would lead elsewhere are refused', async () => {
  const said = await python(
    await world.connect('google'),
    'google',
    `
for url in ("http://connect.example.com", "https://a:b@connect.example.com", "https://x.example/hub", "x"):
    say(outcome(lambda: grantkeep.Client(url, os.environ["GRANTKEEP_KEY"])))
for bad in ("../../webhooks", connection + "/../x", connection + "\\n", ""):
    say(outcome(lambda: client().get_token(bad)))
say(outcome(lambda: grantkeep.Client(os.environ["HUB"], "gk_x\\r\\nX-Evil: 1")))
`,
  );
  expect(said.flat()).toEqual(Array.from({ length: 9 }, () => 'ValueError'));
});
