import { createApi } from '#lib/api/app';
import type { Runtime } from '#lib/context';
import { applications } from '#lib/db/schema/applications';
import { hashSecret, newId, newSecret } from '#lib/ids';
import { addApiKey, as } from '#tests/hub';

export const returnUrl = 'https://app.example.com/connected';

/** A registered application with an API key of its own, and what its server does. */
export async function addApplication(runtime: Runtime, given: Partial<typeof applications.$inferInsert> = {}) {
  const id = newId('app');
  await runtime.database.db.insert(applications).values({
    id,
    name: 'Billing App',
    contact: 'help@app.example.com',
    returnUrls: [returnUrl],
    createdBy: 'test',
    ...given,
  });
  const addKey = async (input: Parameters<typeof addApiKey>[1] = {}) => {
    const made = await addApiKey(runtime, {
      scopes: ['connections:create', 'tokens:vend', 'connections:read'],
      applicationId: id,
      ...input,
    });
    return made.key;
  };
  const key = await addKey();
  const api = createApi(async () => as(runtime, { type: 'anonymous' }));
  const call = async (method: string, path: string, body?: unknown, shown = key) => {
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = { authorization: `Bearer ${shown}`, ...(json.body && { 'content-type': 'application/json' }) };
    const answer = await api.request(`/api/v1${path}`, { method, headers, ...json });
    const text = await answer.text();
    return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
  };
  /** Begins a session, with a verifier of its own. */
  const begin = async (asked: Record<string, unknown> = {}, shown = key) => {
    const verifier = newSecret();
    const { status, body } = await call(
      'POST',
      '/connect-sessions',
      { user: { id: '42', label: 'Ada' }, return_url: returnUrl, code_challenge: hashSecret(verifier), ...asked },
      shown,
    );
    if (status !== 201) throw new Error(`The session did not begin: ${status} ${JSON.stringify(body)}`);
    const { id: session, url } = body as { id: string; url: string };
    return { id: session, url, token: new URL(url).searchParams.get('token') ?? '', verifier };
  };
  const complete = (session: string, code: string | null, verifier: string, shown = key) =>
    call('POST', `/connect-sessions/${session}/complete`, { code, code_verifier: verifier }, shown);
  return { id, key, addKey, call, begin, complete };
}
