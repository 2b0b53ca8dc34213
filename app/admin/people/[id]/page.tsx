import type { Metadata } from 'next';
import { cache } from 'react';
import { BackLink } from '#app/_ui/back-link';
import { CopiedId } from '#app/_ui/copied-id';
import { Fact, Facts } from '#app/_ui/facts';
import { Link } from '#app/_ui/link';
import { Moment } from '#app/_ui/moment';
import { Pager } from '#app/_ui/pager';
import { Panel } from '#app/_ui/panel';
import { Status } from '#app/_ui/status';
import { Time, TimeOr } from '#app/_ui/time';
import { listConnections } from '#lib/connections/list';
import type { RevocationView } from '#lib/connections/views';
import { standingFreeze } from '#lib/freezes/list';
import { getPerson } from '#lib/people/get';
import { listSessions } from '#lib/people/list-sessions';
import type { PersonView } from '#lib/people/views';
import { readStepUp } from '#lib/sign-in/step-up';
import { adminPage, orNotFound, titleOf } from '#lib/web/page';
import { proofShort } from '#ui/evidence-words';
import type { SearchParams } from '#ui/flow-result';
import { readListAddress } from '#ui/list-address';
import { liveFirst } from '#ui/live-first';
import { roleWords } from '#ui/role-words';
import { browserName } from '#ui/user-agent';
import { FrozenBy } from '../../_parts/frozen-by.tsx';
import { StandingFreezes } from '../../_parts/standing-freezes.tsx';
import { StepUpNotice, signInUntil } from '../../_parts/step-up-notice.tsx';
import { FreezeControl } from '../../freezes/_parts/freeze-control.tsx';
import { EndSession } from '../_parts/end-session.tsx';
import { PersonActions } from '../_parts/person-actions.tsx';
import { RoleForm } from '../_parts/role-form.tsx';

const connectionsShown = 20;
const sessionsShown = 10;
/** Ranges of the ledger, for who read this person's tokens. */
const reads = [
  ['today', 'Today'],
  ['yesterday', 'Yesterday'],
  ['7d', '7 days'],
] as const;

interface PersonPageProps {
  params: Promise<{ id: string }>;
  searchParams: Promise<SearchParams>;
}

/** Once a request, for the title and the page. */
const readOnce = cache(async (id: string) =>
  getPerson(await adminPage(`/admin/people/${encodeURIComponent(id)}`), { id }),
);

export async function generateMetadata({ params }: PersonPageProps): Promise<Metadata> {
  const { id } = await params;
  const person = await titleOf(readOnce(id));
  return { title: person?.name ?? person?.email ?? 'Person' };
}

export default async function PersonPage({ params, searchParams }: PersonPageProps) {
  const { id } = await params;
  const at = readListAddress(await searchParams, []);
  const ctx = await adminPage(`/admin/people/${encodeURIComponent(id)}`);
  const person = await orNotFound(readOnce(id));
  const [{ items: sessions, nextCursor: moreSessions }, { items: connections, nextCursor }, freeze, stepUp] =
    await Promise.all([
      orNotFound(listSessions(ctx, { personId: id, cursor: at.cursor, limit: sessionsShown })),
      listConnections(ctx, { personId: id, limit: connectionsShown }),
      standingFreeze(ctx, { scope: 'person', target: id }),
      readStepUp(ctx),
    ]);
  const administrator = ctx.actor.role === 'administrator';
  const self = ctx.actor.personId === id;
  const name = person.name ?? person.email ?? person.application?.user ?? person.id;
  return (
    <>
      <StandingFreezes />
      <BackLink href="/admin/people">People</BackLink>
      <div className="mb-6 flex flex-wrap items-center justify-between gap-4">
        <h1 className="min-w-0 text-title font-semibold tracking-tight wrap-anywhere">{name}</h1>
        <div className="flex flex-wrap items-center gap-2">
          <FreezeControl
            scope="person"
            target={id}
            name={name}
            freeze={freeze}
            administrator={administrator}
            signInUntil={signInUntil(stepUp)}
          />
          {administrator && !self && (
            <PersonActions
              id={id}
              name={name}
              status={person.status}
              deleting={person.ending === 'deleted'}
              connections={person.connections}
              administrator={person.role === 'administrator'}
              signInUntil={signInUntil(stepUp)}
            />
          )}
        </div>
      </div>
      <FrozenBy over={{ person: id }} />
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <Panel id="profile" title="Profile">
          <Facts>
            {person.application ? (
              <Through application={person.application} />
            ) : (
              <Fact label="E-mail">{person.email ?? 'not given'}</Fact>
            )}
            <Fact label="Status">{statusText(person)}</Fact>
            {!person.application && (
              <Fact label="Signs in with">
                {person.provider}
                <code className="block font-mono text-meta wrap-anywhere text-soft">{person.issuer}</code>
              </Fact>
            )}
            <Fact label="First seen">
              <Time at={person.createdAt} />
            </Fact>
            {!person.application && (
              <Fact label="Last signed in">
                <TimeOr at={person.lastSignedInAt} otherwise="never" />
              </Fact>
            )}
            <Fact label="Id">
              <CopiedId id={person.id} what="the person’s id" />
            </Fact>
            <Fact label="Tokens read">
              <span className="flex flex-wrap gap-x-4">
                {reads.map(([range, word]) => (
                  <Link
                    key={range}
                    href={`/admin/ledger?person=${person.id}&action=token.vended&range=${range}`}
                    className="link"
                  >
                    {word}
                  </Link>
                ))}
              </span>
            </Fact>
            <Fact label="Ledger">
              <Link href={`/admin/ledger?person=${person.id}`} className="link">
                Everything about this person
              </Link>
            </Fact>
          </Facts>
        </Panel>
        <Panel id="role" title="Role">
          {person.application ? (
            <p className="text-soft">None. People of an application never sign in here.</p>
          ) : administrator && !self && !person.roleFromConfig ? (
            <div className="flex flex-col gap-4">
              <RoleForm id={id} role={person.role} />
              {!stepUp.fresh && (
                <StepUpNotice
                  stepUp={stepUp}
                  what="Changing a role"
                  returnTo={`/admin/people/${id}`}
                  form={`role ${id}`}
                />
              )}
            </div>
          ) : (
            <>
              <p>{roleWords[person.role].word}</p>
              <p className="text-meta text-soft">
                {person.roleFromConfig
                  ? 'Named in ADMIN_EMAILS; the role can only be taken away there.'
                  : self && administrator
                    ? 'You cannot change your own role. Another administrator can.'
                    : roleWords[person.role].meaning}
              </p>
            </>
          )}
        </Panel>
        <Panel id="connections" title="Connections" tight>
          {connections.length === 0 && <p className="text-soft">None yet.</p>}
          <ul>
            {liveFirst(connections).map((connection) => (
              <li
                key={connection.id}
                className="flex items-center justify-between gap-3 border-t border-line py-2 first:border-t-0"
              >
                <Link
                  href={`/admin/connections/${connection.id}`}
                  className="min-w-0 wrap-anywhere hover:text-accent hover:underline"
                >
                  {connection.account.label || connection.account.subject}
                  <span className="text-soft"> {connection.provider.name}</span>
                </Link>
                <span className="text-right">
                  <Status status={connection.status} />
                  {connection.revocation && <Proven revocation={connection.revocation} />}
                </span>
              </li>
            ))}
          </ul>
          <p className="flex flex-wrap gap-4 pt-2 empty:hidden">
            {nextCursor && (
              <Link href={`/admin/connections?person=${id}`} className="link">
                All of them
              </Link>
            )}
            {administrator && person.connections > 0 && (
              <Link href={`/admin/revocations?person=${id}`} className="link">
                Revoke many of them
              </Link>
            )}
          </p>
        </Panel>
        <Panel id="sessions" title="Signed in" tight>
          {sessions.length === 0 && (
            <p className="text-soft">
              {person.application ? 'Never: they use the application.' : 'Nowhere at the moment.'}
            </p>
          )}
          <ul>
            {sessions.map((session) => (
              <li
                key={session.publicId}
                className="flex items-center justify-between gap-3 border-t border-line py-2 first:border-t-0"
              >
                <div className="min-w-0">
                  <p>{browserName(session.userAgent)}</p>
                  <p className="text-meta text-soft">
                    {session.ip ?? 'address unknown'}, used <Time at={session.lastSeenAt} />
                  </p>
                </div>
                {administrator && (
                  <EndSession
                    session={session.publicId}
                    browser={browserName(session.userAgent)}
                    signInUntil={person.role === 'administrator' && !self ? signInUntil(stepUp) : undefined}
                  />
                )}
              </li>
            ))}
          </ul>
          <Pager path={`/admin/people/${encodeURIComponent(id)}`} at={at} nextCursor={moreSessions} />
        </Panel>
      </div>
    </>
  );
}

/** The application that knows the person, and by which ids. */
function Through({ application }: { application: NonNullable<PersonView['application']> }) {
  const { id, name, tenant, user } = application;
  return (
    <>
      <Fact label="Through">
        <Link href={`/admin/applications/${id}`} className="link">
          {name}
        </Link>
      </Fact>
      {tenant !== null && (
        <Fact label="Tenant there">
          <CopiedId id={tenant} what="the tenant’s id at the application" />
        </Fact>
      )}
      <Fact label="User there">{user !== null && <CopiedId id={user} what="the user’s id at the application" />}</Fact>
    </>
  );
}

function statusText({ status, ending }: PersonView): string {
  if (ending === 'deleted') return 'Being deleted: their connections are revoked and erased one after the other.';
  if (ending === 'disabled') return 'Disabled; their connections are still being revoked.';
  return status === 'active' ? 'Active' : 'Disabled';
}

/** What was seen of the tokens of a connection that is revoked. */
function Proven({ revocation }: { revocation: RevocationView }) {
  const { provedAt } = revocation.proof;
  return (
    <span className="block text-meta text-soft">
      {proofShort(revocation)}
      {provedAt && (
        <>
          {' '}
          <Moment at={provedAt.toISOString()} />
        </>
      )}
    </span>
  );
}
