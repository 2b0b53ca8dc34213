import { Clock } from '#app/_ui/clock';
import { DayName } from '#app/_ui/day-heading';
import { CircleAlert, CircleCheck, CircleX, type IconComponent } from '#app/_ui/icons';
import { ZoneNote } from '#app/_ui/zone-note';
import type { HistoryView } from '#lib/connections/views';
import { readZone } from '#lib/cookies/zone';
import { byDay } from './days.ts';
import { historyText } from './history-text.ts';

const looks: Record<HistoryView['outcome'], { icon: IconComponent; tone: string; word: string }> = {
  ok: { icon: CircleCheck, tone: 'text-soft', word: '' },
  refused: { icon: CircleX, tone: 'text-warn', word: 'refused' },
  failed: { icon: CircleAlert, tone: 'text-bad', word: 'failed' },
};

/** Lines that are shown at once; the others open below them. */
const shownAtOnce = 10;

const minuteInMilliseconds = 60_000;

interface TimelineProps {
  history: HistoryView[];
  /** Codes, addresses and references: for administrators. */
  technical?: boolean;
}

/** What happened, newest first under its days, with their zone named; like events of a day are one line. */
export async function Timeline({ history, technical = false }: TimelineProps) {
  const { zone } = await readZone();
  if (history.length === 0) return <p className="text-soft">Nothing has happened yet.</p>;
  // One more than fits is shown too: "1 more" would take its place.
  const shown = history.length <= shownAtOnce + 1 ? history.length : shownAtOnce;
  const rest = history.slice(shown);
  return (
    <div className="flex flex-col gap-4">
      <ZoneNote />
      <Days history={history.slice(0, shown)} zone={zone} technical={technical} />
      {rest.length > 0 && (
        <details>
          <summary className="w-fit rounded text-meta font-medium text-accent hover:underline">
            {rest.length} more
          </summary>
          <div className="mt-4 flex flex-col gap-4">
            <Days history={rest} zone={zone} technical={technical} />
          </div>
        </details>
      )}
    </div>
  );
}

function Days({ history, zone, technical }: Required<TimelineProps> & { zone: string }) {
  return byDay(history, ({ until }) => until, zone, new Date()).map((day) => (
    <section key={day.day} aria-label={day.name ?? day.text}>
      <h3 className="mb-2 font-semibold">
        <DayName day={day} />
      </h3>
      <ol className="flex flex-col">
        {day.items.map((line, index) => (
          <Line
            key={`${line.until.toISOString()} ${line.at.toISOString()} ${line.action} ${line.requestId} ${line.by}`}
            line={line}
            last={index === day.items.length - 1}
            technical={technical}
          />
        ))}
      </ol>
    </section>
  ));
}

function Line({ line, last, technical }: { line: HistoryView; last: boolean; technical: boolean }) {
  const { icon: Icon, tone, word } = looks[line.outcome];
  return (
    <li className="relative flex gap-3 pb-4 last:pb-0">
      {!last && <span aria-hidden="true" className="absolute top-6 bottom-0 left-[0.4375rem] w-px bg-line" />}
      <Icon aria-hidden="true" className={`mt-1 size-4 flex-none ${tone}`} />
      <div className="min-w-0">
        <p>
          {historyText(line)}
          {word && <span className="text-soft"> ({technical && line.code ? `${word}: ${line.code}` : word})</span>}
        </p>
        <p className="text-meta text-soft">
          {line.until.getTime() - line.at.getTime() > minuteInMilliseconds && (
            <>
              <Clock at={line.at.toISOString()} /> to{' '}
            </>
          )}
          <Clock at={line.until.toISOString()} />
          {technical && line.ip && <span className="font-mono"> · {line.ip}</span>}
          {technical && line.requestId && <span className="font-mono wrap-anywhere"> · {line.requestId}</span>}
        </p>
      </div>
    </li>
  );
}
