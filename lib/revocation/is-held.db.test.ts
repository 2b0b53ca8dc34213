import { and, eq, ne } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { writeSessionId } from '#lib/cookies/session-cookie';
import { revocations } from '#lib/db/schema/revocations';
import { beginSession } from '#lib/sign-in/sessions';
import { sharedDatabase } from '#tests/database';
import { addPerson, createRuntime, plainRecord, settle } from '#tests/hub';
import { quirkyServer } from '#tests/servers/quirky-server';
import { Visitor } from '#tests/visitor';

const database = sharedDatabase();

/** A server with two records, each revoking one token and nothing else, and people who connect there. */
async function twoRecords() {
  const server = await quirkyServer();
  const revoke = { style: 'rfc7009', token_kind: 'access_token', auth: 'client', blast_radius: 'token' };
  const issuer = `https://${new URL(server.url).host}`;
  const identity = { source: 'userinfo', subject: 'sub', issuer };
  const records = ['acme', 'second'].map((id) => ({ ...plainRecord(server.url, id), revoke, identity }));
  const runtime = createRuntime(database.current, records);
  server.on('POST /revoke', { json: {} });

  async function person() {
    const { id, ctx } = await addPerson(runtime);
    const session = await beginSession(database.db, ctx(), { id, role: 'user' });
    const visitor = new Visitor(runtime);
    await writeSessionId(runtime.config, visitor.jar, session.id, session.seconds);

    /** Connects, or reconnects, with that token and account; undefined: the server does not say which account. */
    async function connect(provider: string, token: string, sub: string | undefined, connection?: string) {
      server.on('POST /token', { json: { access_token: token, expires_in: 3600 } });
      server.on('GET /userinfo', sub === undefined ? { status: 503, text: 'down' } : { json: { sub } });
      const started = await visitor.start(
        connection ? { intent: 'reconnect', connection_id: connection } : { intent: 'connect', provider },
      );
      const state = new URL(started.headers.get('location') ?? '').searchParams.get('state') ?? '';
      const query = new URLSearchParams({ code: `code-${token}`, state });
      const answer = await visitor.callback(`http://localhost:3000/oauth/callback/${provider}?${query}`);
      await settle(runtime);
      const { searchParams } = new URL(answer.headers.get('location') ?? '', 'http://localhost:3000');
      return { flow: searchParams.get('flow'), id: searchParams.get('connection') ?? '' };
    }
    const kept = () =>
      database.db
        .select({ state: revocations.state, lastErrorCode: revocations.lastErrorCode })
        .from(revocations)
        .where(and(eq(revocations.personId, id), ne(revocations.replacedGeneration, 0)));
    return { connect, kept };
  }
  return { person, revoked: () => server.requestsTo('POST /revoke').length };
}

test('a refused answer of an unknown account: a token that somebody lives by is held, another is revoked', async () => {
  const { person, revoked } = await twoRecords();
  const [ada, grace] = [await person(), await person()];
  expect((await ada.connect('acme', 'at-1', 'subject-1')).flow).toBe('connected');
  await grace.connect('second', 'at-1', undefined);
  expect(await grace.kept()).toEqual([{ state: 'failed', lastErrorCode: 'other_connections' }]);
  expect(revoked()).toBe(0);
  await grace.connect('second', 'at-2', undefined);
  expect(await grace.kept()).toContainEqual({ state: 'revoked_upstream', lastErrorCode: null });
  expect(revoked()).toBe(1);
});

test('a refused answer of a known account: a token that another record of the server keeps is left alone', async () => {
  const { person, revoked } = await twoRecords();
  const [ada, grace] = [await person(), await person()];
  await ada.connect('acme', 'at-1', 'subject-1');
  const { id } = await grace.connect('second', 'at-2', 'subject-2');
  // She chose the other account: refused, with the token that the server gives that account.
  expect((await grace.connect('second', 'at-1', 'subject-1', id)).flow).not.toBe('reconnected');
  expect(await grace.kept()).toEqual([]);
  expect(revoked()).toBe(0);
});

test('a replaced grant: a token by which another connection to the account lives is not revoked, another is', async () => {
  const { person, revoked } = await twoRecords();
  const [ada, grace] = [await person(), await person()];
  const { id } = await ada.connect('acme', 'at-1', 'subject-1');
  await grace.connect('second', 'at-1', 'subject-1');
  expect((await ada.connect('acme', 'at-2', 'subject-1', id)).flow).toBe('reconnected');
  expect([await ada.kept(), revoked()]).toEqual([[], 0]);
  await ada.connect('acme', 'at-3', 'subject-1', id);
  expect([await ada.kept(), revoked()]).toMatchObject([[{ state: 'revoked_upstream' }], 1]);
});
