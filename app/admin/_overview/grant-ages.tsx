import {
  type AgeSpan,
  ageSpans,
  type GrantAgesView,
  type GrantTable,
  ofAge,
  ofUse,
  type UseSpan,
  useSpans,
} from '#lib/overview/grant-ages';
import { numberText } from '#ui/number-text';
import { DataTable, Td, Th, Tr } from '../_parts/data-table.tsx';
import { CountBar } from './count-bar.tsx';

const ageWords: Record<AgeSpan, string> = {
  week: 'Up to 7 days',
  month: 'Up to 30 days',
  quarter: 'Up to 90 days',
  year: 'Up to a year',
  older: 'Over a year',
};
const useWords: Record<UseSpan, string> = {
  day: 'Within a day',
  week: 'Within 7 days',
  month: 'Within 30 days',
  quarter: 'Within 90 days',
  older: 'Longer ago',
  never: 'Never',
};

/** Live grants by their age and by their last use, each as bars in a table, and one by the other. */
export function GrantAges({ view, provider }: { view: GrantAgesView; provider?: string }) {
  const table = provider === undefined ? view.all : view.providers.get(provider);
  const counted = table ? ageSpans.reduce((sum, age) => sum + ofAge(table, age), 0) : 0;
  if (!table || counted === 0)
    return <p className="text-soft">There is no live grant{view.complete ? '' : ' in the sample'}.</p>;
  return (
    <div className="flex flex-col gap-3">
      <div className="grid gap-4 sm:grid-cols-2">
        <Bars label="Age of the grant" rows={ageSpans.map((age) => [ageWords[age], ofAge(table, age)])} />
        <Bars label="Last use" rows={useSpans.map((use) => [useWords[use], ofUse(table, use)])} />
      </div>
      <p className="text-meta text-soft">
        {view.complete
          ? counted === 1
            ? 'One live grant.'
            : `All ${numberText(counted)} live grants.`
          : `A sample of ${numberText(counted)} live grants, those with the lowest ids. Ids are random.`}{' '}
        The age counts from the last time that the person connected or reconnected.
      </p>
      <Crossed table={table} />
    </div>
  );
}

function Bars({ label, rows }: { label: string; rows: [words: string, count: number][] }) {
  const most = Math.max(1, ...rows.map(([, count]) => count));
  return (
    <DataTable
      label={label}
      head={
        <>
          <Th>{label}</Th>
          <Th>Grants</Th>
        </>
      }
    >
      {rows.map(([words, count]) => (
        <Tr key={words}>
          <Td>
            <span className="block">{words}</span>
            <CountBar share={count / most} />
          </Td>
          <Td>
            <span className="tabular">{numberText(count)}</span>
          </Td>
        </Tr>
      ))}
    </DataTable>
  );
}

/** Each age by each last use: old grants that no service uses stand out. */
function Crossed({ table }: { table: GrantTable }) {
  const cells = ageSpans.flatMap((age) =>
    useSpans.flatMap((use) => (table[age][use] > 0 ? [{ age, use, count: table[age][use] }] : [])),
  );
  return (
    <details>
      <summary className="link cursor-pointer text-meta">Age and last use together, as a table</summary>
      <div className="mt-3">
        <DataTable
          label="Age and last use"
          head={
            <>
              <Th>Age</Th>
              <Th>Last use</Th>
              <Th>Grants</Th>
            </>
          }
        >
          {cells.map(({ age, use, count }) => (
            <Tr key={`${age} ${use}`}>
              <Td>{ageWords[age]}</Td>
              <Td>{useWords[use]}</Td>
              <Td>
                <span className="tabular">{numberText(count)}</span>
              </Td>
            </Tr>
          ))}
        </DataTable>
      </div>
    </details>
  );
}
