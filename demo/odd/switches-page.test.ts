import { expect, onTestFinished, test } from 'vitest';
import { startOddInDemo } from '#demo/odd/in-demo';
import { oddities } from '#demo/odd/table';

const options = { port: 0, appUrls: ['http://localhost:3000'] };

async function started(names: string) {
  const { odd, record } = await startOddInDemo(names, options);
  onTestFinished(() => odd.close());
  const post = (on: readonly string[], origin = odd.origin) =>
    fetch(`${odd.origin}/switches`, {
      method: 'POST',
      headers: { origin, connection: 'close' },
      body: new URLSearchParams(on.map((name) => ['on', name])),
      redirect: 'manual',
    });
  const text = async () => (await fetch(odd.origin, { headers: { connection: 'close' } })).text();
  return { odd, record, post, text };
}

test('the page has every row, and each can be switched on and off alone', async () => {
  const { odd, post, text } = await started('none');
  const page = await text();
  for (const { name } of oddities) {
    expect(page).toContain(`value="${name}"`);
    expect((await post([name])).status).toBe(303);
    expect([...odd.on].map((one) => one.name)).toEqual([name]);
  }
  expect((await post([])).status).toBe(303);
  expect(odd.on.size).toBe(0);
});

test('rows go on together where they touch no same part, in the order of the table', async () => {
  const { odd, post } = await started('none');
  expect((await post(['own_token_type', 'comma_scopes'])).status).toBe(303);
  expect([...odd.on].map(({ name }) => name)).toEqual(['comma_scopes', 'own_token_type']);
  const refused = await post(['comma_scopes', 'long_scope_names']);
  expect([refused.status, (await refused.text()).includes('do not go together')]).toEqual([409, true]);
  expect([...odd.on].map(({ name }) => name)).toEqual(['comma_scopes', 'own_token_type']);
});

test('a browser sends the page’s own origin with its form', async () => {
  const { odd } = await started('none');
  const answer = await fetch(odd.origin, { headers: { connection: 'close' } });
  expect(answer.headers.get('referrer-policy')).toBe('same-origin');
});

test('a form of another site changes nothing', async () => {
  const { odd, post } = await started('own_token_type');
  expect((await post([], 'http://evil.example')).status).toBe(403);
  expect(odd.on.size).toBe(1);
});

test('the page says which lines the record of the app lacks', async () => {
  const { record, text } = await started('own_token_type');
  expect(record.bearer_token_types).toEqual(['bot']);
  const page = await text();
  expect(page).toContain('The record lacks scope_sep_in');
  expect(page).toContain('{&quot;scope_sep_in&quot;:&quot;,&quot;}');
  expect(page).not.toContain('bearer_token_types');
});

test('a name that no row has, and rows that do not go together, start nothing', async () => {
  await expect(startOddInDemo('no_such_row', options)).rejects.toThrow(RangeError);
  await expect(startOddInDemo('comma_scopes,long_scope_names', options)).rejects.toThrow(/do not go together/);
});
