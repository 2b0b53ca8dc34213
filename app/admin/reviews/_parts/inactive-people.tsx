import { CircleAlert, CircleCheck, CircleHelp, CircleSlash, Clock, type IconComponent } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { Badge } from '#app/_ui/status';
import { Time } from '#app/_ui/time';
import type { InactivePeopleView, InactivePersonView, InactivityState } from '#lib/reviews/inactive-people';
import { actorWords } from '#ui/actor-words';
import { EndAllInactive, TellAllInactive } from './all-inactive.tsx';
import { EndInactive, TellInactive } from './inactive-acts.tsx';

const looks: Record<
  InactivityState,
  { tone: React.ComponentProps<typeof Badge>['tone']; icon: IconComponent; word: string }
> = {
  untold: { tone: 'warn', icon: CircleAlert, word: 'Not told' },
  no_address: { tone: 'quiet', icon: CircleHelp, word: 'No address is known' },
  sending: { tone: 'due', icon: Clock, word: 'Mail pending' },
  told: { tone: 'due', icon: Clock, word: 'Told' },
  due: { tone: 'bad', icon: CircleAlert, word: 'May be revoked' },
  over: { tone: 'good', icon: CircleCheck, word: 'Not inactive any more' },
  revoked: { tone: 'quiet', icon: CircleSlash, word: 'Revoked' },
};

interface InactivePeopleProps {
  list: InactivePeopleView;
  /** Until when the last sign-in counts; null for readers who may not act. */
  signInUntil: number | null;
}

/** Inactive people with the state of each, and what an administrator can do about it. */
export function InactivePeople({ list, signInUntil }: InactivePeopleProps) {
  const { people, inactiveDays, noticeDays, canTell, more } = list;
  return (
    <section aria-labelledby="inactive" className="card mb-4 flex flex-col gap-3 p-5">
      <div>
        <h2 id="inactive" className="text-section font-semibold">
          Inactive people
        </h2>
        <p className="max-w-[85ch] text-meta text-soft">
          For {inactiveDays} days they neither signed in nor connected, and no service read a token of theirs. After the
          mail a person has {noticeDays} days. One sign of life ends the notice.
        </p>
        {!canTell && <p className="text-meta text-soft">This hub sends no mail: SMTP_URL is not set.</p>}
      </div>
      {signInUntil !== null && <All list={list} signInUntil={signInUntil} />}
      {people.length === 0 && <p className="text-soft">No person is inactive.</p>}
      <ul className="flex flex-col">
        {people.map((one) => (
          <Row key={one.person.id} one={one} canTell={canTell} signInUntil={signInUntil} />
        ))}
      </ul>
      {more && <p className="text-soft">More people follow once these are done.</p>}
    </section>
  );
}

/** What can be done about all people of the list at once. */
function All({
  list: { people, canTell, noticeDays },
  signInUntil,
}: {
  list: InactivePeopleView;
  signInUntil: number;
}) {
  const those = (state: InactivityState) => people.filter((one) => one.state === state);
  const named = (some: readonly InactivePersonView[]) =>
    some.map(({ person }) => ({ person: person.id, name: actorWords(person) }));
  const due = those('due');
  const connections = due.reduce((sum, one) => sum + one.connections, 0);
  return (
    <div className="flex flex-wrap items-start gap-3">
      {canTell && <TellAllInactive people={named(those('untold'))} noticeDays={noticeDays} />}
      <EndAllInactive people={named(due)} connections={connections} signInUntil={signInUntil} />
    </div>
  );
}

interface RowProps {
  one: InactivePersonView;
  canTell: boolean;
  signInUntil: number | null;
}

function Row({ one, canTell, signInUntil }: RowProps) {
  const { person, state, connections, lastActiveAt, notifiedAt, dueAt, revokedAt } = one;
  const { word, ...look } = looks[state];
  const name = actorWords(person);
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2 border-t border-line py-3 first:border-t-0">
      <div className="min-w-0">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <Link
            href={`/admin/people/${person.id}`}
            className="font-medium wrap-anywhere text-ink hover:text-accent hover:underline"
          >
            {name}
          </Link>
          <Badge {...look}>{word}</Badge>
        </div>
        <p className="text-meta text-soft">
          Last sign of life <Time at={lastActiveAt} />,{' '}
          {connections === 1 ? '1 connection' : `${connections} connections`}
          {notifiedAt && (
            <>
              , told <Time at={notifiedAt} />
            </>
          )}
          {dueAt && (state === 'told' || state === 'due') && (
            <>
              , due <Time at={dueAt} />
            </>
          )}
          {revokedAt && (
            <>
              , revoked <Time at={revokedAt} />
            </>
          )}
        </p>
      </div>
      {signInUntil !== null && state === 'untold' && canTell && <TellInactive person={person.id} name={name} />}
      {signInUntil !== null && state === 'due' && (
        <EndInactive person={person.id} name={name} connections={connections} signInUntil={signInUntil} />
      )}
    </li>
  );
}
