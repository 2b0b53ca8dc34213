import { afterAll, beforeAll, expect, test } from 'vitest';
import { appUrl, authorizationUrl } from '#demo/raw-client';
import type { ProviderRecordInput } from '#demo/records';
import { type Demo, startDemo } from '#demo/start';
import { demoProviderIds } from '#demo/switches';

let demo: Demo;
const record = (id: string) => demo.providers.find((provider) => provider.id === id) as ProviderRecordInput;

beforeAll(async () => {
  demo = await startDemo({ appUrl });
});
afterAll(() => demo.close());

interface Visit {
  url: URL;
  cookie: string;
  page: string;
  headers: Headers;
}

/** Opens the account page as a browser would: the request, then the redirect. */
async function visit(id: string, params: Record<string, string> = {}): Promise<Visit> {
  const start = authorizationUrl(record(id), 'v'.repeat(43), { params });
  const first = await fetch(start, { redirect: 'manual' });
  const cookie = first.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  const url = new URL(String(first.headers.get('location')), start);
  const response = await fetch(url, { headers: { cookie } });
  return { url, cookie, page: await response.text(), headers: response.headers };
}

const send = (url: URL, cookie: string, form: Record<string, string>) =>
  fetch(url, { method: 'POST', body: new URLSearchParams(form), headers: { cookie }, redirect: 'manual' });

test.each(demoProviderIds)('the pages of %s say that they are a demo, and need no script', async (id) => {
  const { page, headers } = await visit(id);
  expect(page).toContain(
    id === 'demo' ? 'Demo authorization server' : `Demo authorization server standing in for ${record(id).name}`,
  );
  expect(page).not.toContain('<script');
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(headers.get('cache-control')).toBe('no-store');
});

test('a server opened by hand says what it is', async () => {
  const response = await fetch(demo.server('github').url);
  expect(response.status).toBe(200);
  expect(await response.text()).toContain('Demo authorization server standing in for GitHub');
});

test('the sign-in server has a button for each role and a field for anybody else', async () => {
  const { page } = await visit('demo');
  expect(page).toContain('>Continue as administrator</button>');
  expect(page).toContain('>Continue as user</button>');
  expect(page).toContain('<label for="other">Another user</label>');
});

test('what was typed comes back escaped', async () => {
  const { url, cookie } = await visit('okta');
  const chosen = await send(url, cookie, { account: '<b>Mallory</b>' });
  const consent = new URL(String(chosen.headers.get('location')), url);
  const page = await (await fetch(consent, { headers: { cookie } })).text();
  expect(page).toContain('&lt;b&gt;Mallory&lt;/b&gt;');
  expect(page).not.toContain('<b>Mallory');
  expect(page).toContain('value="allow">Allow</button>');
  expect(page).toContain('value="deny">Deny</button>');
});

test('an empty field is asked for again', async () => {
  const { url, cookie } = await visit('okta');
  const answer = await send(url, cookie, { account: '  ' });
  expect(answer.status).toBe(422);
  expect(await answer.text()).toContain('role="alert"');
});

test('the account used last is offered the next time', async () => {
  const { url, cookie } = await visit('okta');
  const chosen = await send(url, cookie, { account: 'Katherine Johnson' });
  const remembered = chosen.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  expect(remembered).toMatch(/^demo-okta-account=/);
  const again = await visit('okta');
  const page = await (await fetch(again.url, { headers: { cookie: `${again.cookie}; ${remembered}` } })).text();
  expect(page).toContain('katherine-johnson@example.com');
});

test('only Google has a checkbox for each scope', async () => {
  for (const id of ['google', 'github']) {
    const { url, cookie } = await visit(id);
    const chosen = await send(url, cookie, { account: 'Ada Lovelace' });
    const page = await (
      await fetch(new URL(String(chosen.headers.get('location')), url), { headers: { cookie } })
    ).text();
    expect(page.includes('type="checkbox"')).toBe(id === 'google');
  }
});

test('cookies of the servers never share a name, since they share the host', async () => {
  const names = new Set<string>();
  for (const id of demoProviderIds) {
    const { cookie } = await visit(id);
    for (const pair of cookie.split('; ')) {
      const name = pair.split('=')[0] ?? '';
      expect(name.startsWith(`demo-${id}-`)).toBe(true);
      names.add(name);
    }
  }
  expect(names.size).toBe(2 * demoProviderIds.length);
});

test('a flow that ended leaves no cookie but the chosen account', async () => {
  const { url, cookie } = await visit('demo');
  const done = await send(url, cookie, { account: 'user@example.com' });
  const lines = done.headers.getSetCookie().map((line) => line.replaceAll(/=[^;]+;.*/g, ''));
  expect(lines).toContain('demo-demo-account');
  expect(done.headers.getSetCookie()).toContainEqual(expect.stringMatching(/^demo-demo-interaction=;.*1970/));
});

test('an interaction cannot be continued without its browser’s cookie', async () => {
  const { url } = await visit('okta');
  const answer = await send(url, '', { account: 'Ada Lovelace' });
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain('This request has ended');
});

test('consent cannot be given before an account was chosen', async () => {
  const { url, cookie } = await visit('okta');
  const answer = await send(new URL(`${url.pathname}/consent`, url), cookie, { decision: 'allow' });
  expect(answer.headers.get('location')).toBe(url.pathname);
});
