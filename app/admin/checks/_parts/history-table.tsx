import { Clock } from '#app/_ui/clock';
import type { CheckSpanView } from '#lib/checks/history';
import { actorWords } from '#ui/actor-words';
import { numberText } from '#ui/number-text';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';
import { RowsByDay } from '../../_parts/rows-by-day.tsx';
import { OutcomeMark } from './outcome-mark.tsx';
import { outcomes } from './outcome-words.ts';

/** The part of the hub that begins the run of each day. */
const dailyRun = 'jobs';

const lookerWords = (looker: CheckSpanView['seenBy']): string =>
  looker === null ? 'an earlier run' : looker.id === dailyRun ? 'the daily run' : actorWords(looker);

/** Results over time, under the days on which they began; where there is little room, the moments stand under the check. */
export function HistoryTable({ spans }: { spans: readonly CheckSpanView[] }) {
  return (
    <DataTable
      label="History of checks"
      head={
        <>
          <Th>Check</Th>
          <Th from="sm">Result</Th>
          <Th from="md">Began</Th>
          <Th from="md">Ended</Th>
          <Th from="lg">Looks</Th>
        </>
      }
    >
      <RowsByDay items={spans} at={({ from }) => from} columns={5}>
        {(span) => (
          <Tr key={`${span.check} ${span.provider?.id} ${span.from.toISOString()}`}>
            <Td>
              <span className="block py-1">
                <span className="font-medium wrap-anywhere">{span.provider?.name ?? 'This hub'}</span>
                <span className="text-soft">: {span.name}</span>
                <span className="mt-1 block @min-[36rem]:hidden">
                  <OutcomeMark result={span.result} />
                </span>
                <span className="block wrap-anywhere text-soft">{span.found}</span>
                <span className="block text-soft @min-[42rem]:hidden">
                  <Began span={span} />, <Ended span={span} />
                </span>
              </span>
            </Td>
            <Td from="sm">
              <OutcomeMark result={span.result} />
            </Td>
            <Td from="md">
              <Began span={span} />
            </Td>
            <Td from="md">
              <Ended span={span} />
            </Td>
            <Td from="lg">
              <span className="tabular">{numberText(span.looks)}</span>
            </Td>
          </Tr>
        )}
      </RowsByDay>
    </DataTable>
  );
}

function Began({ span: { from, seenBy } }: { span: CheckSpanView }) {
  return (
    <>
      <Clock at={from.toISOString()} />
      <span className="text-soft"> by {lookerWords(seenBy)}</span>
    </>
  );
}

function Ended({ span: { ended, lastLookAt, result } }: { span: CheckSpanView }) {
  if (!ended)
    return (
      <>
        Still so, <span className="text-soft">looked at</span> <Clock at={lastLookAt.toISOString()} dated />
      </>
    );
  const mended = result === 'fails' && ended.result === 'passes';
  return (
    <>
      {mended ? 'Mended ' : `${outcomes[ended.result].word} since `}
      <Clock at={ended.at.toISOString()} dated />
      <span className="text-soft"> by {lookerWords(ended.seenBy)}</span>
    </>
  );
}
