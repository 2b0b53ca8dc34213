import { createApi } from '#lib/api/app';
import { answerVend } from '#lib/api/vend-answer';
import { generateApiKey } from '#lib/api-keys/key-format';
import type { Actor, Runtime } from '#lib/context';
import { refusalPage } from '#lib/door/oauth-answers';
import { nameErrorsThatPass } from '#lib/door/page-failures';
import { toAppError } from '#lib/errors';
import { newConnectionId, newId, newSecret } from '#lib/ids';
import { createReadiness } from '#lib/status/readiness';
import { answerLogo } from '#lib/web/application-look';
import { handleCallback } from '#lib/web/callback-request';
import { handleConnectionsExport } from '#lib/web/connections-file';
import { handleEvidenceExport } from '#lib/web/evidence-file';
import { handleBulkExport } from '#lib/web/export-request';
import { handleCheckpoint, handleLedgerExport } from '#lib/web/ledger-files';
import { handleOpenManaged } from '#lib/web/manage-request';
import { handleStart } from '#lib/web/start-request';
import { as, asNobody } from '#tests/hub';
import { ask, openDoor } from '#tests/servers/door';
import { CookieMap } from '#tests/visitor';

/** How a surface answered. */
export interface Answered {
  status: number;
  retryAfter: string | null;
  text: string;
}

const administrator: Actor = {
  type: 'person',
  personId: 'per_x',
  role: 'administrator',
  sessionId: newId('ses'),
  name: null,
  email: null,
};

async function toAnswered(response: Response): Promise<Answered> {
  return { status: response.status, retryAfter: response.headers.get('retry-after'), text: await response.text() };
}

const form = (path: string, fields: Record<string, string>) =>
  new Request(`http://localhost:3000${path}`, {
    method: 'POST',
    headers: { origin: 'http://localhost:3000' },
    body: new URLSearchParams(fields),
  });

/** Serves a page as Next does: it asks the error of a failed page for its digest, and answers 500. */
async function servePage(work: () => Promise<unknown>): Promise<Answered> {
  nameErrorsThatPass();
  const door = await openDoor(
    {},
    {
      pages: (_, response) => {
        work().catch((error: Error & { digest?: string }) => {
          error.digest ??= 'of-next';
          response.statusCode = 500;
          response.setHeader('content-encoding', 'gzip');
          response.end('not to be seen');
        });
      },
    },
  );
  const { status, headers, text } = await ask(door, { path: '/connections' });
  return { status: status ?? 0, retryAfter: headers['retry-after'] ?? null, text };
}

/** Everything that asks the database for somebody, over a runtime with a database that fails. */
export const surfaces: Record<string, (runtime: Runtime) => Promise<Answered>> = {
  'a vend': async (runtime) => {
    const headers = new Headers({ authorization: `Bearer ${generateApiKey()}` });
    const { status, headers: said, body } = await answerVend(runtime, headers, newConnectionId('per_x'));
    return { status, retryAfter: said['retry-after'] ?? null, text: body };
  },
  'the API': async (runtime) => {
    const headers = { authorization: `Bearer ${generateApiKey()}` };
    const path = `/api/v1/connections/${newConnectionId('per_x')}`;
    return toAnswered(await createApi(async () => asNobody(runtime)).request(path, { headers }));
  },
  'the start of a flow': async (runtime) =>
    toAnswered(
      await handleStart(
        asNobody(runtime),
        form('/oauth/start', { intent: 'sign_in', provider: 'acme' }),
        new CookieMap(),
      ),
    ),
  'the end of a flow': async (runtime) =>
    toAnswered(
      await handleCallback(
        asNobody(runtime),
        new Request('http://localhost:3000/oauth/callback?code=x&state=y'),
        new CookieMap(),
      ),
    ),
  'the ledger as a file': async (runtime) =>
    toAnswered(await handleLedgerExport(as(runtime, administrator), form('/admin/ledger/export', { format: 'csv' }))),
  'a checkpoint': async (runtime) =>
    toAnswered(await handleCheckpoint(as(runtime, administrator), form('/admin/ledger/checkpoint', {}))),
  'a bulk revocation as a file': async (runtime) =>
    toAnswered(
      await handleBulkExport(as(runtime, administrator), form('/admin/revocations/x/export', { format: 'csv' }), 'x'),
    ),
  'the connections as a file': async (runtime) =>
    toAnswered(await handleConnectionsExport(as(runtime, administrator), form('/admin/connections/export', {}))),
  'the evidence as a file': async (runtime) =>
    toAnswered(
      await handleEvidenceExport(
        as(runtime, administrator),
        form('/admin/evidence/export', { from: '2026-11-01', to: '2026-11-02', format: 'json' }),
      ),
    ),
  'the link of an application': async (runtime) => {
    const link = new Request(`http://localhost:3000/connect-session/open?token=${newSecret()}`);
    return toAnswered(await handleOpenManaged(asNobody(runtime), link, new CookieMap()));
  },
  'the logo of an application': async (runtime) => {
    const ctx = asNobody(runtime);
    const refused = (thrown: unknown) => refusalPage(toAppError(thrown), ctx.requestId);
    return toAnswered(await answerLogo(ctx, newId('app')).catch(refused));
  },
  'a page': (runtime) => servePage(async () => await runtime.database.db.execute('select 1')),
  '/readyz': async (runtime) => {
    const ok = await createReadiness(runtime)();
    // A probe has no body to wait by: a balancer asks again by its own clock.
    return { status: ok ? 200 : 503, retryAfter: '0', text: '' };
  },
};
