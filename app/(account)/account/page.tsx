import type { Metadata } from 'next';
import { Fact, Facts } from '#app/_ui/facts';
import { Monitor } from '#app/_ui/icons';
import { Notice } from '#app/_ui/notice';
import { PageHeading } from '#app/_ui/page-heading';
import { Pager } from '#app/_ui/pager';
import { Panel } from '#app/_ui/panel';
import { Time } from '#app/_ui/time';
import { listSessions } from '#lib/people/list-sessions';
import type { SessionView } from '#lib/people/views';
import { orNotFound, personPage } from '#lib/web/page';
import { flowParams, refusalSentence, type SearchParams } from '#ui/flow-result';
import { readListAddress } from '#ui/list-address';
import { roleWords } from '#ui/role-words';
import { signOut } from '#ui/session-actions';
import { browserName } from '#ui/user-agent';
import { signOutEverywhere, signOutSession } from './actions.ts';

export const metadata: Metadata = { title: 'Account' };

export default async function Account({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const ctx = await personPage('/account');
  const { actor } = ctx;
  const search = await searchParams;
  const at = readListAddress(search, []);
  const { items: sessions, nextCursor } = await orNotFound(listSessions(ctx, { cursor: at.cursor }));
  const flow = flowParams(search);
  const refusal = flow ? refusalSentence(flow.code) : null;
  return (
    <>
      <PageHeading title="Account">Who you are here, and where you are signed in.</PageHeading>
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Panel id="profile" title="Profile">
          <Facts>
            <Fact label="Name">{actor.name ?? 'Not given'}</Fact>
            <Fact label="E-mail">{actor.email ?? 'Not given'}</Fact>
            <Fact label="Role">{roleWords[actor.role].word}</Fact>
          </Facts>
          <p className="mt-4 text-meta text-soft">
            Name and e-mail come from the provider you signed in with, at each sign-in.
          </p>
        </Panel>
        <Panel id="sessions" title="Where you are signed in">
          {flow?.code === 'session_ended' && <Notice tone="good" title="That browser is signed out" arrival />}
          {refusal && (
            <Notice tone="bad" title="That did not work" reference={flow?.reference ?? undefined} arrival>
              <p>{refusal}</p>
            </Notice>
          )}
          <ul className="flex flex-col">
            {sessions.map((session) => (
              <SessionRow key={session.publicId} session={session} />
            ))}
          </ul>
          <div className="mb-4">
            <Pager path="/account" at={at} nextCursor={nextCursor} />
          </div>
          <form action={signOutEverywhere} className="border-t border-line pt-4">
            <button type="submit" className="btn btn-danger-plain">
              Sign out everywhere
            </button>
          </form>
        </Panel>
      </div>
    </>
  );
}

function SessionRow({ session }: { session: SessionView }) {
  const { publicId, userAgent, ip, createdAt, lastSeenAt, current } = session;
  return (
    <li className="flex items-center gap-3 border-t border-line py-3 first:border-t-0">
      <Monitor aria-hidden="true" className="size-5 flex-none text-soft" />
      <div className="min-w-0 flex-1">
        <p id={`session-${publicId}`} className="font-medium">
          {browserName(userAgent)}
          {current && <span className="font-normal text-soft"> (this browser)</span>}
        </p>
        <p className="text-meta text-soft">
          {ip ? `${ip}, used ` : 'Used '}
          <Time at={lastSeenAt} />, signed in <Time at={createdAt} />
        </p>
      </div>
      <form action={current ? signOut : signOutSession}>
        <input type="hidden" name="session" value={publicId} />
        <button type="submit" className="btn btn-small btn-plain" aria-describedby={`session-${publicId}`}>
          Sign out
        </button>
      </form>
    </li>
  );
}
