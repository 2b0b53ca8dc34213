import { Clock } from '#app/_ui/clock';
import { DayList } from '#app/_ui/day-list';
import { Notice } from '#app/_ui/notice';
import type { MetadataView } from '#lib/checks/metadata-history';
import { AcceptMoved } from './accept-moved.tsx';

type Change = MetadataView['changes'][number];

interface MetadataProps {
  provider: { id: string; name: string };
  /** What the metadata said, the newest first. */
  history: readonly MetadataView[];
  /** Null for a reader who may accept nothing. */
  signInUntil: number | null;
}

/** How a server's metadata changed, with the endpoints that wait for an administrator. */
export function MetadataHistory({ provider, history, signInUntil }: MetadataProps) {
  const waiting = history.find(({ state }) => state === 'waiting');
  if (history.length === 0)
    return <p className="text-soft">The checks have not read the metadata of this provider yet.</p>;
  return (
    <div className="flex flex-col gap-4">
      {waiting && (
        <Notice tone="bad" title="Endpoints moved to another host">
          <div className="flex flex-col items-start gap-3">
            <p>The hub does not follow. People cannot connect, and tokens of this provider are not refreshed.</p>
            <Changes changes={waiting.changes} />
            {signInUntil !== null && <AcceptMoved provider={provider} row={waiting.id} signInUntil={signInUntil} />}
          </div>
        </Notice>
      )}
      <DayList items={history} at={({ seenAt }) => seenAt} keyOf={({ id }) => String(id)}>
        {(one) => (
          <>
            <p>
              <Clock at={one.seenAt.toISOString()} /> <span className="text-soft">{wordsOf(one)}</span>
            </p>
            <Changes changes={one.changes} />
          </>
        )}
      </DayList>
    </div>
  );
}

function wordsOf({ changes, state }: MetadataView): string {
  if (changes.length === 0) return 'first seen';
  const members = changes.length === 1 ? '1 member changed' : `${changes.length} members changed`;
  return state === 'accepted' ? members : `${members}, not accepted`;
}

function Changes({ changes }: { changes: readonly Change[] }) {
  if (changes.length === 0) return null;
  return (
    <ul className="flex flex-col gap-1 text-meta">
      {changes.map(({ name, before, after }) => (
        <li key={name} className="wrap-anywhere">
          <code className="font-mono">{name}</code>
          <span className="text-soft">
            {' '}
            was {said(before)}, is {said(after)}
          </span>
        </li>
      ))}
    </ul>
  );
}

function said(value: Change['before']): string {
  if (value === null) return 'not there';
  const text = Array.isArray(value) ? value.join(' ') || 'an empty list' : String(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
