import type { Metadata } from 'next';
import { CopiedId } from '#app/_ui/copied-id';
import { EmptyState } from '#app/_ui/empty-state';
import { Fact, Facts } from '#app/_ui/facts';
import { SearchX } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { Moment } from '#app/_ui/moment';
import { Panel } from '#app/_ui/panel';
import { Status } from '#app/_ui/status';
import { ZoneNote } from '#app/_ui/zone-note';
import { endingSteps } from '#lib/error-advice';
import { type RequestStory, tellRequest } from '#lib/search/request-story';
import { adminPage, orNotFound } from '#lib/web/page';
import type { SearchParams } from '#ui/flow-result';
import { StandingFreezes } from '../../_parts/standing-freezes.tsx';
import { LedgerTable, readOpenEntry } from '../../ledger/_parts/ledger-table.tsx';
import { FlowProgress } from '../_parts/flow-progress.tsx';
import { adviceParts, askerOf, storyTitle } from '../_parts/story-words.ts';

interface RequestPageProps {
  params: Promise<{ ref: string }>;
  searchParams: Promise<SearchParams>;
}

export async function generateMetadata({ params }: RequestPageProps): Promise<Metadata> {
  return { title: `Request ${(await params).ref.slice(0, 40)}` };
}

export default async function RequestPage({ params, searchParams }: RequestPageProps) {
  const [{ ref }, { entry }] = await Promise.all([params, searchParams]);
  const ctx = await adminPage(`/admin/requests/${encodeURIComponent(ref)}`);
  const story = await orNotFound(tellRequest(ctx, { reference: ref }));
  const { reference, end, entries, refusal } = story;
  const nameProvider = (id: string) => ctx.providers.get(id)?.name ?? id;
  const provider = end?.provider ? nameProvider(end.provider) : null;
  return (
    <>
      <StandingFreezes />
      <div className="mb-6">
        <h1 className="text-title font-semibold tracking-tight wrap-anywhere">{storyTitle(story, provider)}</h1>
        {end && (
          <p className="text-soft">
            Request <CopiedId id={reference} what="the reference" />
          </p>
        )}
      </div>
      {end ? (
        <>
          {refusal?.advice && <FlowProgress step={refusal.advice.step} />}
          <div className="grid items-start gap-4 xl:grid-cols-2">
            <WhatHappened story={story} end={end} provider={provider} />
            <div className="flex flex-col gap-4">
              {refusal && <WhatToDo story={story} provider={provider} />}
              {end.person && end.provider && <Now story={story} person={end.person.id} provider={provider ?? ''} />}
            </div>
          </div>
          <div className="mt-8 mb-3 flex flex-wrap items-center justify-between gap-2">
            <h2 className="text-section font-semibold">In the ledger</h2>
            <ZoneNote />
          </div>
          <LedgerTable
            entries={entries}
            open={readOpenEntry(entry)}
            opened={(one) => `/admin/requests/${encodeURIComponent(ref)}${one === null ? '' : `?entry=${one}`}`}
            within={(filter) => `/admin/ledger?${new URLSearchParams(filter)}`}
            nameProvider={nameProvider}
          />
        </>
      ) : (
        <NoEntry reference={reference} />
      )}
    </>
  );
}

type End = NonNullable<RequestStory['end']>;

interface PartProps {
  story: RequestStory;
  provider: string | null;
}

function WhatHappened({ story, end, provider }: PartProps & { end: End }) {
  const { refusal, providerSaid } = story;
  return (
    <Panel id="what-happened" title="What happened">
      <Facts>
        <Fact label="When">
          <Moment at={end.at.toISOString()} />
          {end.count > 1 && (
            <span className="block text-meta text-soft">
              {end.count.toLocaleString('en')} like requests of this minute are counted under this reference.
            </span>
          )}
        </Fact>
        <Fact label="Who">
          <Asker story={story} end={end} />
        </Fact>
        {end.ip && (
          <Fact label="From">
            <Link href={`/admin/ledger?ip=${encodeURIComponent(end.ip)}`} className="link font-mono wrap-anywhere">
              {end.ip}
            </Link>
          </Fact>
        )}
        {end.provider && (
          <Fact label="Provider">
            <Link href={`/admin/providers/${encodeURIComponent(end.provider)}`} className="link">
              {provider}
            </Link>
          </Fact>
        )}
        {end.connectionId && (
          <Fact label="Connection">
            <Link href={`/admin/connections/${end.connectionId}`} className="link font-mono text-meta wrap-anywhere">
              {end.connectionId}
            </Link>
          </Fact>
        )}
        {refusal && (
          <Fact label="It ended">
            {refusal.advice && <p>Where {endingSteps[refusal.advice.step]}.</p>}
            {refusal.sentence && <p>The person was told: {refusal.sentence}</p>}
            <Code>{refusal.code}</Code>
          </Fact>
        )}
        {providerSaid && (
          <Fact label={`${provider ?? 'The provider'} said`}>
            <Code>{providerSaid.code}</Code>
            {providerSaid.sentence && providerSaid.sentence !== refusal?.sentence && <p>{providerSaid.sentence}</p>}
          </Fact>
        )}
      </Facts>
    </Panel>
  );
}

function Code({ children }: { children: string }) {
  return <code className="block font-mono text-meta wrap-anywhere text-soft">{children}</code>;
}

function Asker({ story, end: { actor } }: { story: RequestStory; end: End }) {
  if (actor.type === 'person' && actor.name !== null)
    return (
      <Link href={`/admin/people/${actor.id}`} className="link wrap-anywhere">
        {actor.name}
      </Link>
    );
  if (actor.type === 'person' || actor.type === 'api_key')
    return (
      <Link
        href={`/admin/ledger?${actor.type === 'person' ? 'person' : 'key'}=${encodeURIComponent(actor.id)}`}
        className="link wrap-anywhere"
      >
        {askerOf(story)}
      </Link>
    );
  const asker = askerOf(story);
  return <>{asker.charAt(0).toUpperCase() + asker.slice(1)}</>;
}

/** Of the provider's code first, since it is the more exact one. */
function WhatToDo({ story: { refusal, providerSaid }, provider }: PartProps) {
  const advised = [
    { by: provider ?? 'the provider', advice: providerSaid?.advice },
    // A code that both give is told once.
    { by: 'the hub', advice: providerSaid?.advice && providerSaid.code === refusal?.code ? null : refusal?.advice },
  ].flatMap(({ by, advice }) => (advice ? [{ by, ...advice }] : []));
  return (
    <Panel id="what-to-do" title="Likely causes, and what to do">
      {advised.length === 0 && (
        <p>Nothing more is known of this code. The provider’s words stand in the log under the reference.</p>
      )}
      <div className="flex flex-col gap-4">
        {advised.map(({ by, causes, next }) => (
          <div key={by}>
            {advised.length > 1 && <h3 className="text-meta text-soft">By the code of {by}</h3>}
            <p>
              <Advice text={causes} />
            </p>
            <p className="font-medium">
              <Advice text={next} />
            </p>
          </div>
        ))}
      </div>
    </Panel>
  );
}

function Advice({ text }: { text: string }) {
  return adviceParts(text).map((part) =>
    part.exact ? (
      <code key={part.text} className="font-mono text-meta">
        {part.text}
      </code>
    ) : (
      part.text
    ),
  );
}

/** The state of things now: it may have worked meanwhile. */
function Now({ story: { now }, person, provider }: { story: RequestStory; person: string; provider: string }) {
  return (
    <Panel id="now" title={`${provider} of this person now`} tight>
      {now.length === 0 && <p className="text-soft">Not connected.</p>}
      <ul>
        {now.map(({ id, account, status }) => (
          <li key={id} className="flex items-center justify-between gap-3 border-t border-line py-2 first:border-t-0">
            <Link href={`/admin/connections/${id}`} className="link min-w-0 wrap-anywhere">
              {account.label || account.subject}
            </Link>
            <Status status={status} />
          </li>
        ))}
      </ul>
      <p className="pt-2 text-meta">
        <Link href={`/admin/ledger?person=${person}`} className="link">
          Everything about this person
        </Link>
      </p>
    </Panel>
  );
}

function NoEntry({ reference }: { reference: string }) {
  return (
    <EmptyState icon={SearchX} title="The ledger has no entry with this reference">
      <ul className="flex flex-col gap-2 text-left">
        <li>Refusals before a sign-in are counted together, and stand in the ledger a minute later.</li>
        <li>Of like refusals in one minute from one network, only the first one’s reference is kept.</li>
        <li>
          A fault of a page stands in the log alone, under {reference.startsWith('err_') ? 'this' : 'its'} reference.
        </li>
      </ul>
    </EmptyState>
  );
}
