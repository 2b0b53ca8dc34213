import { CircleAlert, CircleCheck, CircleX, type LucideIcon } from 'lucide-react';
import { Time } from '#app/_ui/time';
import type { HistoryView } from '#lib/connections/views';
import { historyText } from './history-text.ts';

const looks: Record<HistoryView['outcome'], { icon: LucideIcon; tone: string; word: string }> = {
  ok: { icon: CircleCheck, tone: 'text-soft', word: '' },
  refused: { icon: CircleX, tone: 'text-warn', word: 'refused' },
  failed: { icon: CircleAlert, tone: 'text-bad', word: 'failed' },
};

const minuteInMilliseconds = 60_000;

interface TimelineProps {
  history: HistoryView[];
  /** Codes, addresses and references: for administrators. */
  technical?: boolean;
}

/** What happened, newest first; runs of like events are one line. */
export function Timeline({ history, technical = false }: TimelineProps) {
  if (history.length === 0) return <p className="text-soft">Nothing has happened yet.</p>;
  return (
    <ol className="flex flex-col">
      {history.map((line, index) => {
        const { icon: Icon, tone, word } = looks[line.outcome];
        return (
          <li
            key={`${line.until.toISOString()} ${line.at.toISOString()} ${line.action} ${line.requestId} ${line.by}`}
            className="relative flex gap-3 pb-4 last:pb-0"
          >
            {index < history.length - 1 && (
              <span aria-hidden="true" className="absolute top-6 bottom-0 left-[0.4375rem] w-px bg-line" />
            )}
            <Icon aria-hidden="true" className={`mt-1 size-4 flex-none ${tone}`} />
            <div className="min-w-0">
              <p>
                {historyText(line)}
                {word && (
                  <span className="text-soft"> ({technical && line.code ? `${word}: ${line.code}` : word})</span>
                )}
              </p>
              <p className="text-meta text-soft">
                <Time at={line.until} />
                {line.until.getTime() - line.at.getTime() > minuteInMilliseconds && (
                  <>
                    , first <Time at={line.at} />
                  </>
                )}
                {technical && line.ip && <span className="font-mono"> · {line.ip}</span>}
                {technical && line.requestId && <span className="font-mono wrap-anywhere"> · {line.requestId}</span>}
              </p>
            </div>
          </li>
        );
      })}
    </ol>
  );
}
