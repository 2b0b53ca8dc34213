import { ChevronRight, TriangleAlert } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import { Moment } from '#app/_ui/moment';
import { Badge } from '#app/_ui/status';
import { span } from '#lib/alerts/describe-rule';
import type { AlertView } from '#lib/alerts/views';
import type { IncidentPictureView, ReadsView } from '#lib/incidents/views';
import { numberText } from '#ui/number-text';
import { Hour } from '../../_overview/hour-bars.tsx';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';
import { ReadBars } from './read-bars.tsx';

const sum = (counts: readonly number[]) => counts.reduce((all, one) => all + one, 0);

const scopes: Record<IncidentPictureView['of'], string> = {
  key: 'Reads with this API key',
  connections: 'Reads of the connections of this incident',
  provider: 'Reads at this provider',
  hub: 'Reads at the whole hub',
};

interface IncidentPictureProps {
  picture: IncidentPictureView;
  alert: Pick<AlertView, 'openedAt'>;
}

/** Who read what from where over time: a row of columns for each, and the same in a table. */
export function IncidentPicture({ picture, alert }: IncidentPictureProps) {
  const { of, rows, spans, spanMinutes, moreRows, wholeFrom } = picture;
  const [first] = spans;
  const last = spans.at(-1);
  if (rows.length === 0 || !first || !last)
    return <p className="text-soft">{scopes[of]}: none from a day before this alert until an hour after it.</p>;
  const most = Math.max(1, ...rows.flatMap(({ reads, refused }) => reads.map((read, n) => read + (refused[n] ?? 0))));
  const opened = spans.findLastIndex((at) => at <= alert.openedAt);
  const begins = spans.map((at) => at.toISOString());
  return (
    <>
      <p className="mb-4 text-meta text-soft">
        {scopes[of]}, {span(spanMinutes)} a column, at most {numberText(most)} in one. The grey column is when the alert
        opened. Calls that the hub refused stand above the reads, in red.
      </p>
      <ul className="flex flex-col gap-3">
        {rows.map((row) => (
          <li key={keyOf(row)} className="grid gap-x-4 gap-y-1 md:grid-cols-[minmax(0,18rem)_1fr]">
            <p className="min-w-0 wrap-anywhere">
              <Service row={row} /> <Touched row={row} />
              <span className="block text-meta text-soft">
                <Place row={row} />
              </span>
            </p>
            <ReadBars spans={begins} reads={row.reads} refused={row.refused} most={most} opened={opened} />
          </li>
        ))}
      </ul>
      <p className="mt-1 flex justify-between gap-2 text-meta text-soft md:pl-[19rem]">
        <Hour at={first.toISOString()} />
        <Hour at={last.toISOString()} />
      </p>
      {(moreRows > 0 || wholeFrom) && (
        <p className="mt-3 text-meta text-soft">
          {moreRows > 0 && `${numberText(moreRows)} more with fewer reads are not drawn. `}
          {wholeFrom && (
            <>
              Only reads since <Moment at={wholeFrom.toISOString()} /> are counted. The ledger has the others.
            </>
          )}
        </p>
      )}
      <AsTable rows={rows} />
    </>
  );
}

const keyOf = ({ service, provider, network }: ReadsView) => `${service.id} ${provider.id} ${network}`;

function Service({ row: { service } }: { row: ReadsView }) {
  return (
    <Link href={`/admin/api-keys/${encodeURIComponent(service.id)}`} className="link font-medium">
      {service.name ?? <code className="font-mono">{service.id}</code>}
    </Link>
  );
}

function Place({ row: { provider, network } }: { row: ReadsView }) {
  return (
    <>
      {provider.name ?? (provider.id || 'no provider')},{' '}
      <code className="font-mono">{network ?? 'network not known'}</code>
    </>
  );
}

function Touched({ row: { touched } }: { row: ReadsView }) {
  return (
    touched && (
      <Badge tone="warn" icon={TriangleAlert}>
        of this incident
      </Badge>
    )
  );
}

function AsTable({ rows }: { rows: ReadsView[] }) {
  return (
    <details className="group mt-3">
      <summary className="inline-flex items-center gap-1 rounded-md text-meta font-medium text-accent">
        <ChevronRight aria-hidden="true" className="size-4 transition-transform group-open:rotate-90" />
        As a table
      </summary>
      <div className="mt-3">
        <DataTable
          label="Reads around this incident"
          head={
            <>
              <Th>Service</Th>
              <Th>Read</Th>
              <Th>Refused</Th>
              <Th from="md">First</Th>
              <Th from="md">Last</Th>
            </>
          }
        >
          {rows.map((row) => (
            <Tr key={keyOf(row)}>
              <Td>
                <span className="block py-1 wrap-anywhere">
                  <Service row={row} /> {row.touched && 'of this incident'}
                  <span className="block text-soft">
                    <Place row={row} />
                  </span>
                </span>
              </Td>
              <Td>
                <span className="tabular">{numberText(sum(row.reads))}</span>
              </Td>
              <Td>
                <span className="tabular">{numberText(sum(row.refused))}</span>
              </Td>
              <Td from="md">
                <Moment at={row.first.toISOString()} />
              </Td>
              <Td from="md">
                <Moment at={row.last.toISOString()} />
              </Td>
            </Tr>
          ))}
        </DataTable>
      </div>
    </details>
  );
}
