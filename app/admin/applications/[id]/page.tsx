import type { Metadata } from 'next';
import { cache } from 'react';
import { ApplicationLogo } from '#app/_ui/application-logo';
import { BackLink } from '#app/_ui/back-link';
import { CopiedId } from '#app/_ui/copied-id';
import { Fact, Facts } from '#app/_ui/facts';
import { Link } from '#app/_ui/link';
import { Notice } from '#app/_ui/notice';
import { Panel } from '#app/_ui/panel';
import { Status } from '#app/_ui/status';
import { Time, TimeOr } from '#app/_ui/time';
import { listApiKeys } from '#lib/api-keys/list-api-keys';
import { getApplication } from '#lib/applications/get';
import type { ApplicationView } from '#lib/applications/views';
import { listConnections } from '#lib/connections/list';
import { listPeople } from '#lib/people/list';
import { readStepUp } from '#lib/sign-in/step-up';
import { adminPage, orNotFound, titleOf } from '#lib/web/page';
import { numberText } from '#ui/number-text';
import { StandingFreezes } from '../../_parts/standing-freezes.tsx';
import { StepUpNotice, signInUntil } from '../../_parts/step-up-notice.tsx';
import { KeyStatus } from '../../api-keys/_parts/key-facts.tsx';
import { AppearanceForm } from '../_parts/appearance-form.tsx';
import { ApplicationForm } from '../_parts/application-form.tsx';
import { ApplicationStatus } from '../_parts/application-status.tsx';
import { idsText } from '../_parts/ids-text.ts';
import { Row } from '../_parts/row.tsx';
import { StopApplication } from '../_parts/stop-application.tsx';

/** So many keys, people and connections stand here; the lists have the others. */
const shown = 10;

interface ApplicationPageProps {
  params: Promise<{ id: string }>;
}

/** Once a request, for the title and the page. */
const readOnce = cache(async (id: string) =>
  getApplication(await adminPage(`/admin/applications/${encodeURIComponent(id)}`), { id }),
);

const readId = async ({ params }: ApplicationPageProps) => decodeURIComponent((await params).id).slice(0, 64);

export async function generateMetadata(props: ApplicationPageProps): Promise<Metadata> {
  return { title: (await titleOf(readOnce(await readId(props))))?.name ?? 'Application' };
}

export default async function ApplicationPage(props: ApplicationPageProps) {
  const id = await readId(props);
  const path = `/admin/applications/${encodeURIComponent(id)}`;
  const ctx = await adminPage(path);
  const application = await orNotFound(readOnce(id));
  const [keys, people, connections, stepUp] = await Promise.all([
    listApiKeys(ctx, { application: id, limit: shown }),
    listPeople(ctx, { application: id, limit: shown }),
    listConnections(ctx, { application: id, limit: shown }),
    readStepUp(ctx),
  ]);
  const administrator = ctx.actor.role === 'administrator';
  const { name, status } = application;
  const providers = ctx.providers.connectable().map((one) => ({ id: one.id, name: one.name }));
  return (
    <>
      <StandingFreezes />
      <BackLink href="/admin/applications">Applications</BackLink>
      <div className="mb-6 flex flex-wrap items-center justify-between gap-4">
        <div className="flex min-w-0 flex-wrap items-center gap-3">
          {application.hasLogo && <ApplicationLogo src={logoOf(application)} />}
          <h1 className="min-w-0 text-title font-semibold tracking-tight wrap-anywhere">{name}</h1>
          <ApplicationStatus status={status} />
        </div>
        {administrator && (
          <StopApplication
            id={id}
            name={name}
            status={status}
            keys={application.keys}
            people={application.people}
            connections={application.connections}
            signInUntil={signInUntil(stepUp)}
          />
        )}
      </div>
      {application.disabledAt && (
        <div className="mb-4">
          <Notice tone="info" title="Disabled">
            <p className="text-meta">
              Since <Time at={application.disabledAt} /> its keys are refused, and people cannot connect through it. Its
              connections stay.
            </p>
          </Notice>
        </div>
      )}
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <Panel id="about" title="About">
          <About application={application} />
        </Panel>
        <Panel id="keys" title="Keys" tight>
          {keys.items.length === 0 && <p className="text-soft">None yet. Its server needs one.</p>}
          <ul>
            {keys.items.map((key) => (
              <Row key={key.id} href={`/admin/api-keys/${key.id}`} name={key.name} about={`${key.prefix}…`}>
                <KeyStatus apiKey={key} />
              </Row>
            ))}
          </ul>
          <p className="flex flex-wrap gap-4 pt-2 empty:hidden">
            {keys.items.length > 0 && (
              <More href={`/admin/api-keys?application=${id}`}>All keys that are accepted</More>
            )}
            {administrator && status === 'active' && (
              <More href={`/admin/api-keys?application=${id}#new-key`}>Make a key</More>
            )}
          </p>
        </Panel>
        <Panel id="people" title="People" tight>
          {people.items.length === 0 && <p className="text-soft">None yet. They come with their first connection.</p>}
          <ul>
            {people.items.map((person) => (
              <Row
                key={person.id}
                href={`/admin/people/${person.id}`}
                name={person.name ?? (person.application ? idsText(person.application) : person.id)}
                about={person.application ? `there ${idsText(person.application)}` : ''}
              >
                {person.status === 'disabled' ? 'Disabled' : `${numberText(person.connections)} connected`}
              </Row>
            ))}
          </ul>
          <p className="pt-2 empty:hidden">
            {people.items.length > 0 && <More href={`/admin/people?application=${id}`}>All of them</More>}
          </p>
        </Panel>
        <Panel id="connections" title="Connections" tight>
          {connections.items.length === 0 && <p className="text-soft">None yet.</p>}
          <ul>
            {connections.items.map((connection) => (
              <Row
                key={connection.id}
                href={`/admin/connections/${connection.id}`}
                name={connection.account.label || connection.account.subject}
                about={connection.provider.name}
              >
                <Status status={connection.status} />
              </Row>
            ))}
          </ul>
          <p className="pt-2 empty:hidden">
            {connections.items.length > 0 && <More href={`/admin/connections?application=${id}`}>All of them</More>}
          </p>
        </Panel>
        {administrator && (
          <Panel id="appearance" title="Appearance">
            <div className="flex flex-col gap-5">
              {!stepUp.fresh && (
                <StepUpNotice
                  stepUp={stepUp}
                  what="Changing its appearance"
                  returnTo={path}
                  form={`appearance ${id}`}
                />
              )}
              <AppearanceForm
                id={id}
                logo={application.hasLogo ? logoOf(application) : null}
                colours={application.colours}
                path={path}
              />
            </div>
          </Panel>
        )}
        {administrator && (
          <Panel id="change" title="Change">
            <div className="flex flex-col gap-5">
              {!stepUp.fresh && (
                <StepUpNotice stepUp={stepUp} what="Changing an application" returnTo={path} form={`change ${id}`} />
              )}
              <ApplicationForm id={id} draft={draftOf(application)} providers={providers} path={path} />
            </div>
          </Panel>
        )}
      </div>
    </>
  );
}

const logoOf = ({ id }: Pick<ApplicationView, 'id'>) => `/applications/${id}/logo`;

const scopeLines = ({ scopes }: Pick<ApplicationView, 'scopes'>) =>
  Object.entries(scopes).flatMap(([provider, names]) => names.map((name) => `${provider}:${name}`));

const draftOf = (application: ApplicationView) => ({
  name: application.name,
  contact: application.contact,
  returnUrls: application.returnUrls.join('\n'),
  providers: application.providers ?? [],
  scopes: scopeLines(application).join('\n'),
});

function More({ href, children }: { href: `/admin/${string}`; children: React.ReactNode }) {
  return (
    <Link href={href} className="link">
      {children}
    </Link>
  );
}

function About({ application }: { application: ApplicationView }) {
  const { createdBy } = application;
  return (
    <Facts>
      <Fact label="Contact">{application.contact}</Fact>
      <Fact label="Id">
        <CopiedId id={application.id} what="the application’s id" />
      </Fact>
      <Fact label="Return addresses">
        <Texts texts={application.returnUrls} />
      </Fact>
      <Fact label="Providers">{application.providers?.join(', ') ?? 'every one'}</Fact>
      <Fact label="Scopes">
        <Texts texts={scopeLines(application)} none="those of the providers’ records" />
      </Fact>
      <Fact label="Colours">
        {application.colours ? `${application.colours.light} and ${application.colours.dark}` : 'those of the hub'}
      </Fact>
      <Fact label="Registered">
        <Time at={application.createdAt} /> by{' '}
        {createdBy.startsWith('per_') ? (
          <Link href={`/admin/people/${createdBy}`} className="link">
            an administrator
          </Link>
        ) : (
          createdBy
        )}
      </Fact>
      <Fact label="Disabled">
        <TimeOr at={application.disabledAt} otherwise="no" />
      </Fact>
    </Facts>
  );
}

/** Texts that are compared letter by letter, one a line. */
function Texts({ texts, none }: { texts: readonly string[]; none?: string }) {
  if (texts.length === 0) return <span className="text-soft">{none}</span>;
  return texts.map((text) => (
    <code key={text} className="block font-mono text-meta wrap-anywhere">
      {text}
    </code>
  ));
}
