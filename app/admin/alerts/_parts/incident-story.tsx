import { Fragment } from 'react';
import { Fact, Facts } from '#app/_ui/facts';
import { Link } from '#app/_ui/link';
import { Moment } from '#app/_ui/moment';
import { Time } from '#app/_ui/time';
import type { Among, Counted, IncidentKind, IncidentView } from '#lib/incidents/views';
import { actorWords } from '#ui/actor-words';
import { numberText } from '#ui/number-text';
import { type Part, type Sentence, type Slot, sentenceFor, stories, unknownStory } from './incident-words.ts';
import { Subject } from './marks.tsx';
import { measured, measureText } from './measured.ts';

const pageOf: Record<Exclude<IncidentKind, 'networks' | 'actors'>, string> = {
  services: '/admin/api-keys/',
  people: '/admin/people/',
  connections: '/admin/connections/',
  providers: '/admin/providers/',
};

/** One that an incident touches, by name and as a link. */
function One({ kind, one }: { kind: IncidentKind; one: Counted }) {
  if (kind === 'networks') return <code className="font-mono whitespace-nowrap">{one.id}</code>;
  const place = kind === 'actors' ? (one.id.startsWith('per_') ? pageOf.people : null) : pageOf[kind];
  const name = kind === 'actors' ? actorWords(one) : one.name;
  if (place === null) return name;
  return (
    <Link href={`${place}${encodeURIComponent(one.id)}`} className="link wrap-anywhere">
      {name ?? <code className="font-mono">{one.id}</code>}
    </Link>
  );
}

/** “A, B and C”, or the most frequent few and how many more there are. */
function List({ kind, among: { total, top } }: { kind: IncidentKind; among: Among }) {
  const more = total - top.length;
  return top.map((one, n) => (
    <Fragment key={one.id}>
      {n > 0 && (n === top.length - 1 && more <= 0 ? ' and ' : ', ')}
      <One kind={kind} one={one} />
      {n === top.length - 1 && more > 0 && ` and ${numberText(more)} more`}
    </Fragment>
  ));
}

/** What the evidence says first, as a phrase. */
const foundText = ({ alert }: IncidentView): string | null => {
  const [first] = alert.evidence;
  return first ? measured(first) : null;
};

function isFilled(incident: IncidentView, slot: Slot): boolean {
  if (slot === 'subject') return incident.alert.subject !== null;
  if (slot === 'measure') return incident.alert.measure !== null;
  return slot === 'found' ? foundText(incident) !== null : incident[slot].total > 0;
}

function Words({ incident, part }: { incident: IncidentView; part: Part }) {
  if ('text' in part) return part.text;
  if ('events' in part) {
    const count = incident.events?.count ?? incident.alert.count;
    const text = numberText({ count, capped: incident.events?.capped === true });
    return `${text} ${count === 1 ? part.events : part.events.replace(/(\S+)$/, '$1s')}`;
  }
  const { slot } = part;
  if (slot === 'subject') return <Subject subject={incident.alert.subject} />;
  if (slot === 'measure') return measureText(incident.alert);
  if (slot === 'found') return foundText(incident);
  return <List kind={slot} among={incident[slot]} />;
}

function Said({ incident, sentence }: { incident: IncidentView; sentence: Sentence }) {
  return sentenceFor(sentence, (slot) => isFilled(incident, slot)).map((part, n) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a sentence have no other name than their place
    <Words key={n} incident={incident} part={part} />
  ));
}

/** An alert that its rule found within this time goes on. The rules look once a minute. */
const lately = 5 * 60_000;

function GoesOn({ alert }: Pick<IncidentView, 'alert'>) {
  if (alert.state === 'resolved')
    return (
      <>
        No: it is resolved since <Moment at={(alert.resolvedAt ?? alert.heldAt).toISOString()} />.
      </>
    );
  const found = (
    <>
      Its rule found it last <Time at={alert.heldAt} />.
    </>
  );
  const goesOn = Date.now() - alert.heldAt.getTime() < lately;
  return (
    <>
      {goesOn ? 'Yes. ' : 'Not now. '}
      {found}{' '}
      {alert.endsByPerson
        ? 'The alert stays until an administrator resolves it.'
        : 'The alert ends by itself once its rule finds nothing for a while.'}
    </>
  );
}

/** An alert in words: its actor, the touched accounts, the event, its origin, its beginning, and whether it goes on. */
export function IncidentStory({ incident }: { incident: IncidentView }) {
  const { alert, events } = incident;
  const story = stories[alert.rule] ?? unknownStory;
  const said = (sentence: Sentence) => <Said incident={incident} sentence={sentence} />;
  return (
    <>
      <Facts>
        <Fact label="Who">{said(story.who)}</Fact>
        <Fact label="Affected">{said(story.affected)}</Fact>
        <Fact label="What">{said(story.what)}</Fact>
        <Fact label="From where">{said(story.where)}</Fact>
        <Fact label="Since">
          <Moment at={(events?.first ?? alert.openedAt).toISOString()} />
        </Fact>
        <Fact label="Goes on">
          <GoesOn alert={alert} />
        </Fact>
      </Facts>
      {events?.capped && (
        <p className="mt-3 text-meta text-soft">
          The hub counted the newest {numberText(events.count)} events. The ledger has all of them.
        </p>
      )}
    </>
  );
}
