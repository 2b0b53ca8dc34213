import { Link } from '#app/_ui/link';
import { Time } from '#app/_ui/time';
import type { AlertDetailView } from '#lib/alerts/views';
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
}

/** The last events that an alert was raised over, or what was measured. */
export function Evidence({ evidence, count }: EvidenceProps) {
  if (evidence.length === 0) return <p className="text-soft">Nothing more is known than the number.</p>;
  const more = evidence.slice(shown);
  return (
    <>
      {count !== null && evidence.length > 1 && count > evidence.length && (
        <p className="text-meta text-soft">The last {evidence.length}, newest first.</p>
      )}
      <Lines evidence={evidence.slice(0, shown)} />
      {more.length > 0 && (
        <details className="group border-t border-line pt-2">
          <summary className="link text-meta group-open:mb-2">
            {more.length === 1 ? 'One more' : `${more.length} more`}
          </summary>
          <Lines evidence={more} />
        </details>
      )}
    </>
  );
}

function Lines({ evidence }: { evidence: One[] }) {
  return (
    <ul className="flex flex-col">
      {evidence.map((one) => (
        <li key={JSON.stringify(one)} className="border-t border-line py-2 first:border-t-0">
          <Line one={one} />
        </li>
      ))}
    </ul>
  );
}

function Line({ one }: { one: One }) {
  const moment = momentOf(one);
  const { connection } = one;
  const said = measured(one);
  const phrase = said && typeof connection === 'string' ? `${said}, such as` : said;
  const facts = Object.entries(words).flatMap(([name, word]) => {
    const value = one[name];
    return value === undefined || value === null || value === false ? [] : [{ name, word, value }];
  });
  return (
    <div className="flex flex-wrap gap-x-4 gap-y-1 text-meta">
      {moment && <Time at={moment} />}
      {phrase && <span>{phrase}</span>}
      {typeof connection === 'string' && (
        <Link href={`/admin/connections/${connection}`} className="link font-mono wrap-anywhere">
          {connection}
        </Link>
      )}
      {facts.map(({ name, word, value }) => (
        <span key={name}>
          <span className="text-soft">{word} </span>
          {value !== true && <Value name={name} text={String(value)} />}
        </span>
      ))}
    </div>
  );
}

function Value({ name, text }: { name: string; text: string }) {
  const value = <code className="font-mono wrap-anywhere">{text}</code>;
  if (!inLedger.includes(name)) return value;
  return (
    <Link href={`/admin/ledger?${new URLSearchParams({ [name]: text })}`} className="link">
      {value}
    </Link>
  );
}
