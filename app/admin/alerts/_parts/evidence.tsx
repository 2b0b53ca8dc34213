import { Clock } from '#app/_ui/clock';
import { DayList } from '#app/_ui/day-list';
import { Link } from '#app/_ui/link';
import type { AlertDetailView } from '#lib/alerts/views';
import type { Counted } from '#lib/incidents/views';
import { measured } from './measured.ts';

type One = AlertDetailView['evidence'][number];

const words: Record<string, string> = {
  code: 'code',
  ip: 'from',
  network: 'network',
  unlimited: 'without an end',
  request: 'request',
  provider: 'provider',
  api_key: 'key',
};

function momentOf({ at, since }: One): Date | null {
  const text = at ?? since;
  return typeof text === 'string' && !Number.isNaN(Date.parse(text)) ? new Date(text) : null;
}

/** Facts that lead to the entries of the ledger that hold the same. */
const inLedger = ['ip', 'request'];

/** So many are shown at first. */
const shown = 5;

interface EvidenceProps {
  evidence: One[];
  /** How many events there were in all; null for a state. */
  count: number | null;
  /** Connections and keys with the names that they have today. */
  named: readonly Counted[];
}

/** The last events that an alert was raised over, or what was measured. */
export function Evidence({ evidence, count, named }: EvidenceProps) {
  if (evidence.length === 0) return <p className="text-soft">Nothing more is known than the number.</p>;
  const more = evidence.slice(shown);
  return (
    <>
      {count !== null && evidence.length > 1 && count > evidence.length && (
        <p className="text-meta text-soft">The last {evidence.length}, newest first.</p>
      )}
      <Lines evidence={evidence.slice(0, shown)} named={named} />
      {more.length > 0 && (
        <details className="group border-t border-line pt-2">
          <summary className="link text-meta group-open:mb-2">
            {more.length === 1 ? 'One more' : `${more.length} more`}
          </summary>
          <Lines evidence={more} named={named} />
        </details>
      )}
    </>
  );
}

type Named = Pick<EvidenceProps, 'named'>;

/** Events under their days; what was measured of a state has no moment and needs none. */
function Lines({ evidence, named }: { evidence: One[] } & Named) {
  const dated = evidence.flatMap((one) => {
    const at = momentOf(one);
    return at ? [{ one, at }] : [];
  });
  const others = evidence.filter((one) => !momentOf(one));
  return (
    <div className="flex flex-col gap-3 text-meta">
      <DayList items={dated} at={({ at }) => at} keyOf={({ one }) => JSON.stringify(one)}>
        {({ one }) => <Line one={one} named={named} />}
      </DayList>
      {others.length > 0 && (
        <ul className="flex flex-col gap-3">
          {others.map((one) => (
            <li key={JSON.stringify(one)}>
              <Line one={one} named={named} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Line({ one, named }: { one: One } & Named) {
  const moment = momentOf(one);
  const { connection } = one;
  const said = measured(one);
  const phrase = said && typeof connection === 'string' ? `${said}, such as` : said;
  const facts = Object.entries(words).flatMap(([name, word]) => {
    const value = one[name];
    return value === undefined || value === null || value === false ? [] : [{ name, word, value }];
  });
  return (
    <div className="flex flex-wrap gap-x-4 gap-y-1">
      {moment && <Clock at={moment.toISOString()} seconds />}
      {phrase && <span>{phrase}</span>}
      {typeof connection === 'string' && (
        <Link href={`/admin/connections/${connection}`} title={connection} className="link wrap-anywhere">
          {nameOf(connection, named) ?? <code className="font-mono">{connection}</code>}
        </Link>
      )}
      {facts.map(({ name, word, value }) => (
        <span key={name}>
          <span className="text-soft">{word} </span>
          {value !== true && <Value name={name} text={String(value)} named={named} />}
        </span>
      ))}
    </div>
  );
}

const nameOf = (id: string, named: readonly Counted[]) => named.find((one) => one.id === id)?.name ?? null;

function Value({ name, text, named }: { name: string; text: string } & Named) {
  if (name === 'api_key')
    return (
      <Link href={`/admin/api-keys/${encodeURIComponent(text)}`} title={text} className="link wrap-anywhere">
        {nameOf(text, named) ?? <code className="font-mono">{text}</code>}
      </Link>
    );
  const value = <code className="font-mono wrap-anywhere">{text}</code>;
  if (!inLedger.includes(name)) return value;
  return (
    <Link href={`/admin/ledger?${new URLSearchParams({ [name]: text })}`} className="link">
      {value}
    </Link>
  );
}
