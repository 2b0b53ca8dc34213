'use client';

import { useRef, useState } from 'react';
import { ConfirmDialog } from '#app/_ui/confirm-dialog';
import { Notice } from '#app/_ui/notice';
import type { ActionState } from '#lib/web/action';
import { answered } from '#ui/answered-action';
import { revocationWord } from '#ui/confirmation';
import { numberText } from '#ui/number-text';
import { endAllInactive, tellAllInactive } from '../actions.ts';

interface Batch {
  done: string[];
  refused: { person: string; why: string }[];
  left: string[];
  /** Of a revocation: the live connections of the people who are left. */
  expected?: number;
}
type Act = (previous: ActionState<Batch> | null, form: FormData) => Promise<ActionState<Batch>>;

interface Progress extends Batch {
  total: number;
  /** Why the rest was not tried. */
  fault: string | null;
}

const fieldsOf = (people: readonly string[], connections?: number): [string, string][] => [
  ...people.map((person): [string, string] => ['people', person]),
  ...(connections === undefined ? [] : [['expected', String(connections)] satisfies [string, string]]),
];

/** Goes on with the people who are left, batch by batch, and tells after each how far it is. */
function useBatches(action: Act) {
  const [progress, setProgress] = useState<Progress | null>(null);
  const begun = useRef<Batch | null>(null);
  const names = useRef(new Map<string, string>());
  const goOn = async (first: Batch | undefined, { people }: Listed) => {
    // A dialog that closes may tell of its end twice.
    if (!first || begun.current === first) return;
    begun.current = first;
    // The list of the page loses them while it goes on.
    names.current = new Map(people.map(({ person, name }) => [person, name]));
    const total = first.done.length + first.refused.length + first.left.length;
    let seen: Progress = { ...first, total, fault: null };
    setProgress(seen);
    while (seen.left.length > 0) {
      const form = new FormData();
      for (const [name, value] of fieldsOf(seen.left, seen.expected)) form.append(name, value);
      if (seen.expected !== undefined) form.append('confirmation', revocationWord(seen.expected));
      const state = await answered(action)(null, form);
      if (!state.ok || !state.data) {
        const fault = state.ok ? 'The hub did not answer.' : state.message;
        setProgress({ ...seen, fault });
        return;
      }
      const { done, refused, ...next } = state.data;
      seen = { ...seen, ...next, done: [...seen.done, ...done], refused: [...seen.refused, ...refused] };
      setProgress(seen);
    }
  };
  const nameOf = (person: string) => names.current.get(person) ?? person;
  return { progress, goOn, nameOf };
}

interface Listed {
  people: readonly { person: string; name: string }[];
}

/** The dialog stays where the last person left the list: it tells of its end after that. */
const triggerClass = (people: Listed['people'], given: string) => (people.length > 0 ? given : 'hidden');

const peopleWords = (count: number) => (count === 1 ? '1 person' : `${numberText(count)} people`);

/** Sends the mail that begins the time to answer to each person of the list who was not told. */
export function TellAllInactive({ people, noticeDays }: Listed & { noticeDays: number }) {
  const { progress, goOn, nameOf } = useBatches(tellAllInactive);
  return (
    <div className="flex flex-col gap-3">
      <ConfirmDialog
        trigger={`Notify all ${numberText(people.length)}`}
        triggerClass={triggerClass(people, 'btn btn-small btn-plain')}
        disabled={progress !== null && progress.left.length > 0 && progress.fault === null}
        title={`Notify ${peopleWords(people.length)} by mail?`}
        fields={fieldsOf(people.map(({ person }) => person))}
        confirm={people.length === 1 ? 'Send 1 mail' : `Send ${numberText(people.length)} mails`}
        danger={false}
        action={tellAllInactive}
        onDone={({ data }) => void goOn(data, { people })}
      >
        <p>Each has {noticeDays} days from then on. Nothing is revoked by it.</p>
      </ConfirmDialog>
      {progress && (
        <ProgressOf progress={progress} nameOf={nameOf} words={(done, total) => `${done} of ${total} notified.`} />
      )}
    </div>
  );
}

/** Revokes the connections of the silent people of the list, after their date. */
export function EndAllInactive({
  people,
  connections,
  signInUntil,
}: Listed & { connections: number; signInUntil: number }) {
  const { progress, goOn, nameOf } = useBatches(endAllInactive);
  const many = connections === 1 ? '1 connection' : `${numberText(connections)} connections`;
  return (
    <div className="flex flex-col gap-3">
      <ConfirmDialog
        trigger={`Revoke all of ${peopleWords(people.length)}`}
        triggerClass={triggerClass(people, 'btn btn-small btn-danger')}
        disabled={progress !== null && progress.left.length > 0 && progress.fault === null}
        title={`Revoke ${many} of ${peopleWords(people.length)}?`}
        fields={fieldsOf(
          people.map(({ person }) => person),
          connections,
        )}
        typed={revocationWord(connections)}
        signInUntil={signInUntil}
        confirm={`Revoke ${numberText(connections)}`}
        action={endAllInactive}
        onDone={({ data }) => void goOn(data, { people })}
      >
        <p>
          Services lose access at once. The providers are told, and the hub tries the old tokens afterwards. This cannot
          be undone; the people must connect anew.
        </p>
        <p>The hub looks at each person again: one who came back keeps everything.</p>
      </ConfirmDialog>
      {progress && (
        <ProgressOf
          progress={progress}
          nameOf={nameOf}
          words={(done, total) => `Connections of ${done} of ${total} revoked.`}
        />
      )}
    </div>
  );
}

interface ProgressOfProps {
  progress: Progress;
  nameOf: (person: string) => string;
  words: (done: number, total: string) => string;
}

function ProgressOf({ progress: { total, done, refused, left, fault }, nameOf, words }: ProgressOfProps) {
  const seen = done.length + refused.length;
  return (
    <div className="flex flex-col gap-2">
      {left.length > 0 && <progress aria-label="People" max={total} value={seen} className="progress max-w-md" />}
      <p role="status" className="text-soft">
        {left.length > 0 && fault === null
          ? `${seen} of ${total} people. Keep this page open.`
          : words(done.length, peopleWords(total))}
      </p>
      {refused.length > 0 && (
        <ul className="text-meta">
          {refused.map(({ person, why }) => (
            <li key={person} className="wrap-anywhere">
              {nameOf(person)}: {why}
            </li>
          ))}
        </ul>
      )}
      {fault !== null && (
        <Notice tone="bad" title={`${peopleWords(left.length)} left`} arrival>
          <p>{fault}</p>
        </Notice>
      )}
    </div>
  );
}
